#include "daemon/core/backoff.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace reporterd {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class Draws final : public Entropy {
 public:
  explicit Draws(std::uint64_t value) : value_(value) {}
  std::uint64_t next() override { return value_; }

 private:
  std::uint64_t value_;
};

Millis jitter(Millis base, Millis cap, int failures, std::uint64_t draw) {
  Draws entropy(draw);
  return equal_jitter(base, cap, failures, entropy);
}

TEST(Backoff, AWaitLiesBetweenHalfAndAllOfABaseThatDoublesUpToTheCap) {
  const Millis wanted[] = {Millis(10), Millis(20),  Millis(40),
                           Millis(80), Millis(100), Millis(100)};
  int failures = 0;
  for (const Millis whole : wanted) {
    const auto half = static_cast<std::uint64_t>(whole.count() / 2);
    EXPECT_EQ(jitter(Millis(10), Millis(100), failures, 0), whole / 2);
    EXPECT_EQ(jitter(Millis(10), Millis(100), failures, half), whole) << "the most";
    EXPECT_EQ(jitter(Millis(10), Millis(100), failures, half + 1), whole / 2) << "it goes round";
    ++failures;
  }
  EXPECT_EQ(jitter(Millis(25), Millis(100), 2, 50), Millis(100)) << "the cap itself";
  EXPECT_EQ(jitter(Millis(11), Millis(100), 0, 6), Millis(11)) << "an odd one has all of it, too";
}

TEST(Backoff, ABaseBeyondTheCapIsTheCap) {
  EXPECT_EQ(jitter(Millis(500), Millis(100), 0, 0), Millis(50));
  EXPECT_EQ(jitter(Millis(500), Millis(100), 3, 50), Millis(100));
}

TEST(Backoff, ManyFailuresOverflowNothing) {
  EXPECT_EQ(jitter(Millis(1), Millis::max(), 1'000'000, 0), Millis::max() / 2);
}

TEST(Backoff, ARetryAfterIsAtLeastASecondAndAtMostWhatIsConfigured) {
  RetrySettings settings;
  settings.retry_after_max = hours(1);
  EXPECT_EQ(retry_after_least(Millis(0), settings), seconds(1));
  EXPECT_EQ(retry_after_least(Millis(999), settings), seconds(1));
  EXPECT_EQ(retry_after_least(seconds(7), settings), seconds(7));
  EXPECT_EQ(retry_after_least(hours(2), settings), hours(1));
  settings.retry_after_max = Millis(300);
  EXPECT_EQ(retry_after_least(seconds(7), settings), Millis(300));
}

TEST(Backoff, ARetryAfterIsSpreadByItselfOrByHalfAMinute) {
  RetrySettings settings;
  Draws first(0);
  EXPECT_EQ(retry_after_wait(seconds(7), settings, first), seconds(7));
  Draws half_a_minute(30'000);
  EXPECT_EQ(retry_after_wait(seconds(7), settings, half_a_minute), seconds(37));
  Draws beyond(30'001);
  EXPECT_EQ(retry_after_wait(seconds(7), settings, beyond), seconds(7)) << "it goes round";
  Draws minute(60'000);
  EXPECT_EQ(retry_after_wait(seconds(60), settings, minute), seconds(120));
  settings.spread_retry_after = false;
  EXPECT_EQ(retry_after_wait(seconds(60), settings, minute), seconds(60));
}

}  // namespace
}  // namespace reporterd
