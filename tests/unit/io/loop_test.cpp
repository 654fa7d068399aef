#include "daemon/io/loop.h"

#include <gtest/gtest.h>

#include <vector>

#include "daemon/io/signals.h"
#include "tests/support/loop_runner.h"

namespace reporterd {
namespace {

TEST(Loop, DeferredTasksRunInOrderAndNotInsideTheCall) {
  Loop loop;
  std::vector<int> ran;
  loop.defer([&] { ran.push_back(1); });
  loop.defer([&] { ran.push_back(2); });
  EXPECT_TRUE(ran.empty());
  loop.run();
  EXPECT_EQ(ran, (std::vector{1, 2}));
}

TEST(Loop, ATaskDeferredByATaskRunsInTheNextTurn) {
  Loop loop;
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  loop.defer([&] {
    first = loop.turn();
    loop.defer([&] { second = loop.turn(); });
  });
  loop.run();
  EXPECT_EQ(second, first + 1);
}

TEST(Loop, StopEndsARunThatWouldWaitForEver) {
  Loop loop;
  Signals signals(loop, [](Signal) {});  // keeps the loop waiting
  loop.defer([&] { loop.stop(); });
  loop.run();
}

TEST(Loop, AStopWhileNothingRunsDoesNotKeepItFromEnding) {
  Loop loop;
  const Signals signals(loop, [](Signal) {});
  loop.stop();
}

TEST(Loop, RunEndsWhenNothingCanHappenAnyMore) {
  Loop loop;
  loop.run();
}

TEST(LoopDeath, AHandleThatOutlivesTheLoopIsABug) {
  EXPECT_DEATH(
      {
        auto loop = std::make_unique<Loop>();
        new WakeTimer(*loop, [] {});
        loop.reset();
      },
      "bug");
}

}  // namespace
}  // namespace reporterd
