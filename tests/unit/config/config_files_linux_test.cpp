#include <gtest/gtest.h>
#include <sys/stat.h>

#include "daemon/config_files.h"
#include "tests/support/temp_folder.h"

namespace reporterd {
namespace {

TEST(ConfigFilesOnLinux, APipeInPlaceOfALogIsNotOpened) {
  const TempFolder folder;
  LogConfig log;
  log.file = folder / "pipe";
  ASSERT_EQ(mkfifo(log.file.c_str(), 0600), 0);
  const Status checked = check_log_file(log);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().what, "log.file: " + log.file + " is not a regular file");
}

}  // namespace
}  // namespace reporterd
