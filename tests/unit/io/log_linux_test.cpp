#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "daemon/io/log.h"
#include "tests/support/temp_folder.h"

namespace reporterd {
namespace {

std::string read(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

// stderr of the tests is no terminal when gtest captures it.
TEST(Log, LinesForTheJournalCarryTheirPriority) {
  testing::internal::CaptureStderr();
  {
    const auto logger = make_logger({});
    ASSERT_TRUE(logger);
    (*logger)->info("started");
    (*logger)->warn("careful");
    (*logger)->error("failed");
    (*logger)->debug("not shown");
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "<6>started\n<4>careful\n<3>failed\n");
}

TEST(Log, AFileThatCouldNotBeOpenedIsTriedAgainWithEachLine) {
  const TempFolder folder;
  const std::string file = folder / "log/reporterd.log";
  const auto logger = make_logger({.file = file, .max_bytes = 1000, .files = 1});
  ASSERT_TRUE(logger);
  testing::internal::CaptureStderr();
  (*logger)->info(std::string(990, 'x'));
  std::filesystem::rename(file, folder / "log/away");
  std::filesystem::create_directory(file);
  (*logger)->info("lost");
  (*logger)->info("lost, too");
  EXPECT_NE(testing::internal::GetCapturedStderr().find("reporterd.log"), std::string::npos);
  std::filesystem::remove(file);
  (*logger)->info("written");
  EXPECT_NE(read(file).find("written"), std::string::npos);
}

}  // namespace
}  // namespace reporterd
