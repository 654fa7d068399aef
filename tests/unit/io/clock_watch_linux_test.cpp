#include <gtest/gtest.h>

#include <ctime>

#include "daemon/io/clock_watch.h"
#include "tests/support/loop_runner.h"

namespace reporterd {
namespace {

using std::chrono::seconds;

TEST(ClockWatch, NoticesThatTheWallClockWasSet) {
  Loop loop;
  int changes = 0;
  ClockChange last;
  const ClockWatch watch(loop, [&](ClockChange change) {
    ++changes;
    last = change;
  });
  for (int round = 1; round <= 2; ++round) {  // the first must not be the last
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    if (clock_settime(CLOCK_REALTIME, &now) != 0) {  // set to what it shows: harmless
      GTEST_SKIP() << "setting the clock is not permitted here";
    }
    ASSERT_TRUE(run_until(loop, [&] { return changes == round; }));
    EXPECT_LT(std::chrono::abs(last.wall_step), seconds(1));
    EXPECT_LT(std::chrono::abs(last.slept), seconds(1));
  }
}

}  // namespace
}  // namespace reporterd
