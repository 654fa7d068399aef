#include <gtest/gtest.h>

#include <vector>

#include "daemon/io/heartbeat.h"
#include "daemon/io/system_clock.h"
#include "daemon/io/wake_timer.h"
#include "tests/support/loop_runner.h"

namespace reporterd {
namespace {

using Clock = std::chrono::steady_clock;

TEST(WakeTimer, WakesOnceAndNotBeforeItsTime) {
  Loop loop;
  int wakes = 0;
  WakeTimer timer(loop, [&] { ++wakes; });
  const auto start = Clock::now();
  timer.arm(Millis(20));
  ASSERT_TRUE(run_until(loop, [&] { return wakes > 0; }));
  EXPECT_GE(Clock::now() - start, Millis(20));
  run_ready(loop);
  EXPECT_EQ(wakes, 1);
}

// The brain goes by that clock: woken before its time, it would have to ask again.
TEST(WakeTimer, WakesWhenTheObservedClockSaysSo) {
  Loop loop;
  const SystemClock clock(ClockMark{});
  for (int round = 0; round < 20; ++round) {
    bool woke = false;
    WakeTimer timer(loop, [&] { woke = true; });
    const Instant start = clock.now().observed;
    timer.arm(Millis(3));
    ASSERT_TRUE(run_until(loop, [&] { return woke; }));
    EXPECT_GE(clock.now().observed - start, Millis(3));
  }
}

TEST(WakeTimer, ArmedWithZeroOrLessWakesInTheNextTurn) {
  Loop loop;
  int wakes = 0;
  WakeTimer timer(loop, [&] { ++wakes; });
  timer.arm(Millis(0));
  EXPECT_EQ(wakes, 0);
  ASSERT_TRUE(run_until(loop, [&] { return wakes == 1; }));
  timer.arm(Millis(-5));
  EXPECT_TRUE(run_until(loop, [&] { return wakes == 2; }));
}

TEST(WakeTimer, ArmingAgainReplacesTheTime) {
  Loop loop;
  int wakes = 0;
  WakeTimer timer(loop, [&] { ++wakes; });
  timer.arm(std::chrono::hours(1));
  timer.arm(Millis(1));
  EXPECT_TRUE(run_until(loop, [&] { return wakes == 1; }));
}

TEST(WakeTimer, DisarmedItDoesNotWake) {
  Loop loop;
  int wakes = 0;
  WakeTimer timer(loop, [&] { ++wakes; });
  timer.arm(Millis(0));
  timer.arm(std::nullopt);
  run_ready(loop);
  EXPECT_EQ(wakes, 0);
}

TEST(WakeTimer, TakesTheLongestWaitOfTheBrain) {
  Loop loop;
  WakeTimer timer(loop, [] {});
  timer.arm(std::chrono::hours(24 * 400));
}

TEST(WakeTimer, MayBeDestroyedByItsCallback) {
  Loop loop;
  bool woke = false;
  std::unique_ptr<WakeTimer> timer;
  timer = std::make_unique<WakeTimer>(loop, [&] {
    timer.reset();
    woke = true;
  });
  timer->arm(Millis(0));
  EXPECT_TRUE(run_until(loop, [&] { return woke; }));
}

TEST(Heartbeat, BeatsAgainAndAgainUntilItIsGone) {
  Loop loop;
  int beats = 0;
  {
    const Heartbeat heartbeat(loop, Millis(1), [&] { ++beats; });
    EXPECT_TRUE(run_until(loop, [&] { return beats == 3; }));
  }
  run_ready(loop);
  EXPECT_EQ(beats, 3);
}

}  // namespace
}  // namespace reporterd
