#include "daemon/io/log.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

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

TEST(Log, TheLevelDecidesWhatIsShown) {
  testing::internal::CaptureStderr();
  const auto logger = make_logger({.level = spdlog::level::debug});
  (*logger)->trace("not this");
  (*logger)->debug("shown");
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(text.ends_with("shown\n")) << text;
  EXPECT_EQ(text.find("not this"), std::string::npos);
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

// What a program does on Windows that holds the file open.
TEST(Log, AFileThatCannotBeRotatedBeginsAnewAndThatIsTold) {
  const TempFolder folder;
  std::filesystem::create_directories(folder.path() / "reporterd.1.log" / "in the way");
  const auto logger =
      make_logger({.file = folder / "reporterd.log", .max_bytes = 1000, .files = 2});
  ASSERT_TRUE(logger);
  std::ostringstream told;
  (*logger)->sinks().push_back(std::make_shared<spdlog::sinks::ostream_sink_mt>(told));
  (*logger)->sinks().back()->set_level(spdlog::level::warn);
  testing::internal::CaptureStderr();
  for (int i = 0; i < 100; ++i) {
    (*logger)->info("line {}", i);
    ASSERT_NE(text_of(folder / "reporterd.log").find(fmt::format("line {}\n", i)),
              std::string::npos);
  }
  EXPECT_LE(std::filesystem::file_size(folder.path() / "reporterd.log"), 1000U);
  const std::string all = told.str();
  EXPECT_NE(all.find("reporterd.1.log"), std::string::npos) << all;
  EXPECT_EQ(all.find("may be missing"), all.rfind("may be missing")) << "once";
  EXPECT_NE(testing::internal::GetCapturedStderr().find("reporterd.1.log"), std::string::npos);
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
