// Files that are open to others, by their modes.
#include <filesystem>

#include "tests/unit/app/doctor_fixture.h"

namespace reporterd {

void make_private_folder(const std::string& folder) {
  std::filesystem::create_directory(folder);
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
}

namespace {

namespace fs = std::filesystem;
using Doctor = DoctorTest;

TEST_F(Doctor, NamesFilesThatAreOpenToOthersAndClosesThem) {
  write("key", "secret\n");
  write("reporterd.yaml", "destination: { functionKeyFile: key }\n");
  fs::permissions(outbox_file(state_), fs::perms::group_read | fs::perms::others_read,
                  fs::perm_options::add);
  fs::permissions(config_file_, fs::perms::others_write, fs::perm_options::add);
  fs::permissions(folder_ / "key", fs::perms::others_read, fs::perm_options::add);
  const std::string all = problems();
  EXPECT_NE(all.find("chmod g-r,o-r '" + outbox_file(state_)), std::string::npos) << all;
  EXPECT_NE(all.find("chmod o-w '" + config_file_), std::string::npos) << all;
  EXPECT_NE(all.find("chmod o-r '" + (folder_ / "key")), std::string::npos) << all;

  look(/*repair=*/true);
  EXPECT_EQ(found(look(), "permissions", Level::problem), "");
  EXPECT_EQ(fs::status(outbox_file(state_)).permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

}  // namespace
}  // namespace reporterd
