#include <gtest/gtest.h>

#include <ctime>
#include <set>

#include "daemon/io/clock_watch.h"
#include "daemon/io/system_clock.h"
#include "daemon/io/system_entropy.h"

namespace reporterd {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

ClockMark mark_of(std::int64_t observed_ms, std::int64_t since_boot_ms, const std::string& boot) {
  ClockMark mark{.observed_ms = observed_ms, .since_boot_ms = since_boot_ms};
  boot.copy(mark.boot_id, sizeof mark.boot_id - 1);
  return mark;
}

std::int64_t since_boot_ms() {
  return SystemClock(ClockMark{}).mark().since_boot_ms;
}

TEST(SystemClock, OnTheSameBootTheTimeWhileTheServiceWasStoppedCounts) {
  const std::int64_t now = since_boot_ms();
  const SystemClock clock(mark_of(5'000'000, now - 7'000, "boot"), "boot");
  const auto observed = to_ms(clock.now().observed);
  EXPECT_GE(observed, 5'007'000);
  EXPECT_LT(observed, 5'007'000 + 20'000);
}

TEST(SystemClock, AfterARebootItGoesOnWhereItStood) {
  const SystemClock clock(mark_of(5'000'000, 3, "before"), "after");
  const auto observed = to_ms(clock.now().observed);
  EXPECT_GE(observed, 5'000'000);
  EXPECT_LT(observed, 5'000'000 + 20'000);
}

TEST(SystemClock, AnUnknownBootIsNeverTheSameBoot) {
  const SystemClock clock(mark_of(5'000'000, -1'000'000, ""), "");
  EXPECT_LT(to_ms(clock.now().observed), 5'000'000 + 20'000);
}

TEST(SystemClock, NeverFallsBehindTheMark) {
  const SystemClock clock(mark_of(5'000'000, since_boot_ms() + 1'000'000, "boot"), "boot");
  EXPECT_GE(to_ms(clock.now().observed), 5'000'000);
}

TEST(SystemClock, ItsMarkCarriesOnInTheNextProcess) {
  const SystemClock first(ClockMark{.observed_ms = 42});
  const ClockMark mark = first.mark();
  EXPECT_EQ(std::string(mark.boot_id), this_boot_id());
  EXPECT_NE(std::string(mark.boot_id), "");
  const SystemClock second(mark);
  EXPECT_GE(to_ms(second.now().observed), mark.observed_ms);
  EXPECT_LT(to_ms(second.now().observed), mark.observed_ms + 20'000);
}

TEST(SystemClock, TellsTheWallClock) {
  const auto now = SystemClock(ClockMark{}).now();
  EXPECT_NEAR(static_cast<double>(to_us(now.wall)), static_cast<double>(time(nullptr)) * 1e6, 5e6);
}

TEST(SystemEntropy, DoesNotRepeat) {
  SystemEntropy entropy;
  std::set<std::uint64_t> drawn;
  for (int i = 0; i < 1000; ++i) {
    drawn.insert(entropy.next());
  }
  EXPECT_EQ(drawn.size(), 1000U);
}

TEST(ClockReading, TheMachineIsNotAwakeLongerThanItRuns) {
  const ClockReading now = read_clocks();
  EXPECT_GT(now.awake, Micros(0));
  EXPECT_LE(now.awake, now.since_boot + seconds(1));  // not all clocks move in the same steps
}

constexpr ClockReading noon{.wall = hours(500'000), .since_boot = hours(10), .awake = hours(9)};

TEST(ClockChange, TimeThatPassesIsNoChange) {
  const ClockReading later{noon.wall + seconds(5), noon.since_boot + seconds(5),
                           noon.awake + seconds(5)};
  const auto change = change_between(noon, later);
  EXPECT_EQ(change.wall_step, Micros(0));
  EXPECT_EQ(change.slept, Micros(0));
}

TEST(ClockChange, ASleepIsNoStep) {
  const ClockReading later{noon.wall + hours(8), noon.since_boot + hours(8),
                           noon.awake + seconds(1)};
  const auto change = change_between(noon, later);
  EXPECT_EQ(change.wall_step, Micros(0));
  EXPECT_EQ(change.slept, hours(8) - seconds(1));
}

TEST(ClockChange, AStepIsNoSleep) {
  const ClockReading later{noon.wall - hours(24) + seconds(1), noon.since_boot + seconds(1),
                           noon.awake + seconds(1)};
  const auto change = change_between(noon, later);
  EXPECT_EQ(change.wall_step, -hours(24));
  EXPECT_EQ(change.slept, Micros(0));
}

}  // namespace
}  // namespace reporterd
