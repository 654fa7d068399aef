// The look at what is kept, from outside and while no service runs.
#include "store/kept_state.h"

#include <fstream>
#include <iterator>

#include "tests/unit/store/pages.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

// Names and bytes of all files of the folder.
KeptState files_in(const Folder& folder) {
  KeptState files;
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    std::ifstream file(entry.path(), std::ios::binary);
    files[entry.path().filename().string()] = {std::istreambuf_iterator<char>(file), {}};
  }
  return files;
}

ErrorCode code_of_read(const std::string& path) {
  const auto kept = read_kept_state(path);
  EXPECT_FALSE(kept);
  return kept ? ErrorCode::unavailable : kept.error().code;
}

void put(Box& box, const std::string& name, const std::string& value) {
  box.run([&](Outbox& outbox) { outbox.put(name, value); });
}

TEST(KeptStateFile, HoldsWhatTheServiceKeptAndIsLeftAsItWas) {
  const Folder folder;
  Box box(folder.file());
  put(box, "id:", "one");
  put(box, "id:/b.yaml", "two");
  box.close();
  box.outbox.reset();
  const KeptState before = files_in(folder);
  EXPECT_EQ(read_kept_state(folder.file()), (KeptState{{"id:", "one"}, {"id:/b.yaml", "two"}}));
  EXPECT_EQ(files_in(folder), before);
}

TEST(KeptStateFile, HoldsWhatACrashLeftInTheWriteAheadLog) {
  const Folder folder;
  Box box(folder.file());
  put(box, "id:", "one");
  const Folder after_crash;
  copy_outbox(folder.file(), after_crash.file());
  const KeptState before = files_in(after_crash);
  ASSERT_TRUE(before.contains("outbox.db-wal"));
  EXPECT_EQ(read_kept_state(after_crash.file()), (KeptState{{"id:", "one"}}));
  EXPECT_EQ(files_in(after_crash), before);
}

TEST(KeptStateFile, SaysWhyItCannotBeRead) {
  const Folder folder;
  EXPECT_EQ(code_of_read(folder.file()), ErrorCode::not_found);
  EXPECT_TRUE(files_in(folder).empty());  // and makes nothing
  {
    Box box(folder.file());
    EXPECT_EQ(code_of_read(folder.file()), ErrorCode::locked);
    put(box, "goes", "on");
  }
  std::ofstream(folder.file()) << std::string(8192, 'x');
  EXPECT_EQ(code_of_read(folder.file()), ErrorCode::corrupt);
  EXPECT_EQ(code_of_read(folder.file() + "/x"), ErrorCode::not_found);
}

}  // namespace
}  // namespace reporterd
