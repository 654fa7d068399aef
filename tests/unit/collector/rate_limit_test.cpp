#include "collector/rate_limit.h"

#include <gtest/gtest.h>

namespace reporterd {

using std::chrono::seconds;

TEST(RateLimit, EachSourceHasItsOwnShareOfAMinute) {
  RateLimit limit(3);
  const RateLimit::Time start{seconds(1000)};
  EXPECT_EQ(limit.take("a", 1, start), std::nullopt);
  EXPECT_EQ(limit.take("a", 2, start + seconds(10)), std::nullopt);
  EXPECT_EQ(limit.take("a", 1, start + seconds(20)), seconds(40));
  EXPECT_EQ(limit.take("b", 3, start + seconds(20)), std::nullopt);
  EXPECT_EQ(limit.take("a", 1, start + seconds(60)), std::nullopt);
}

TEST(RateLimit, ARequestLargerThanTheLimitPassesAloneInItsMinute) {
  RateLimit limit(3);
  const RateLimit::Time start{seconds(1000)};
  EXPECT_EQ(limit.take("a", 100, start), std::nullopt);
  EXPECT_EQ(limit.take("a", 1, start), seconds(60));
}

TEST(RateLimit, ZeroIsNoLimit) {
  RateLimit limit(0);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(limit.take("a", 1000, {}), std::nullopt);
  }
}

}  // namespace reporterd
