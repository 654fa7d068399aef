#include <gtest/gtest.h>

#include <regex>

#include "daemon/io/log.h"

namespace reporterd {
namespace {

// stderr of the tests is no console when gtest captures it.
TEST(Log, LinesOnStderrAreForPeople) {
  testing::internal::CaptureStderr();
  {
    const auto logger = make_logger({});
    ASSERT_TRUE(logger);
    (*logger)->warn("careful");
  }
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(std::regex_match(text, std::regex(R"(\d\d:\d\d:\d\d warning: careful\r?\n)")))
      << text;
}

}  // namespace
}  // namespace reporterd
