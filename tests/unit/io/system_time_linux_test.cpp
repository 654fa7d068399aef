#include "daemon/io/system_clock.h"

#include <gtest/gtest.h>

#include <regex>

namespace reporterd {
namespace {

TEST(BootId, IsTheKernels) {
  EXPECT_TRUE(
      std::regex_match(this_boot_id(), std::regex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")))
      << this_boot_id();
  EXPECT_EQ(this_boot_id(), this_boot_id());
}

}  // namespace
}  // namespace reporterd
