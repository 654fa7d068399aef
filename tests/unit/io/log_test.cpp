#include "daemon/io/log.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "tests/support/temp_folder.h"

namespace reporterd {
namespace {

std::string text_of(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(path_of(file)).rdbuf();
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

TEST(Log, TheLevelDecidesWhatIsShown) {
  testing::internal::CaptureStderr();
  const auto logger = make_logger({.level = spdlog::level::debug});
  (*logger)->debug("shown");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "<7>shown\n");
}

TEST(Log, AFileGetsTheTimeAndEveryLineAtOnce) {
  const TempFolder folder;
  const auto logger = make_logger({.file = folder / "reporterd.log"});
  ASSERT_TRUE(logger);
  (*logger)->info("started");
  EXPECT_TRUE(
      std::regex_match(text_of(folder / "reporterd.log"),
                       std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info: started\n)")));
}

TEST(Log, AFileMayHaveAnyName) {
  const TempFolder folder;
  const std::string name = folder / "Protokoll-記録/Bericht-報告.log";
  {
    const auto logger = make_logger({.file = name, .max_bytes = 100, .files = 2});
    ASSERT_TRUE(logger) << logger.error().what;
    (*logger)->info("the first line, which is in the older file");
    (*logger)->info("the second line, which is in the newer one");
  }
  EXPECT_NE(text_of(name).find("second"), std::string::npos);
  EXPECT_NE(text_of(folder / "Protokoll-記録/Bericht-報告.1.log").find("first"), std::string::npos);
}

TEST(Log, AFileIsRotatedAndTheOldestGoes) {
  const TempFolder folder;
  const auto logger =
      make_logger({.file = folder / "reporterd.log", .max_bytes = 1000, .files = 3});
  ASSERT_TRUE(logger);
  for (int i = 0; i < 200; ++i) {
    (*logger)->info("line {}", i);
  }
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    EXPECT_LE(entry.file_size(), 1000U);
    ++files;
  }
  EXPECT_EQ(files, 3U);
  EXPECT_NE(text_of(folder / "reporterd.log").find("line 199"), std::string::npos);
}

TEST(Log, AFileThatCannotBeWrittenIsAnErrorThatNamesIt) {
  const TempFolder folder;
  std::ofstream(folder / "no-folder") << "x";
  const std::string name = folder / "no-folder/reporterd.log";
  const auto logger = make_logger({.file = name});
  ASSERT_FALSE(logger);
  EXPECT_EQ(logger.error().code, ErrorCode::io);
  EXPECT_NE(logger.error().what.find(name), std::string::npos);
}

}  // namespace
}  // namespace reporterd
