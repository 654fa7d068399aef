#include "daemon/io/system_clock.h"

#include <gtest/gtest.h>

#include <regex>
#include <string>

namespace reporterd {
namespace {

TEST(BootId, IsTheTimeOfTheStart) {
  const std::string id = this_boot_id();
  ASSERT_TRUE(std::regex_match(id, std::regex("[0-9a-f]{16}"))) << id;
  constexpr std::int64_t each_year = 315'576'000'000'000;  // of 100 ns
  const auto since_1601 = std::stoll(id, nullptr, 16);
  EXPECT_GT(since_1601, 420 * each_year);
  EXPECT_LT(since_1601, 700 * each_year);
  EXPECT_EQ(this_boot_id(), id);
}

}  // namespace
}  // namespace reporterd
