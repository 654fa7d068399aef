#pragma once
// Runs a real loop until something is true. Tests wait for the event itself, never for a time; the
// limit is only there to end a test that would fail anyway.

#include <gtest/gtest.h>

#include <functional>

#include "daemon/io/loop.h"
#include "daemon/io/wake_timer.h"

namespace reporterd {

constexpr Millis test_limit = std::chrono::seconds(20);

inline testing::AssertionResult run_until(Loop& loop, const std::function<bool()>& condition,
                                          Millis limit = test_limit) {
  bool late = false;
  WakeTimer timer(loop, [&] { late = true; });
  timer.arm(limit);
  loop.run_until([&] { return condition() || late; });
  return condition() ? testing::AssertionSuccess()
                     : testing::AssertionFailure() << "not within " << limit.count() << " ms";
}

// Runs all that is ready now and what that makes ready at once, and shows that nothing more comes:
// a timer of 0 ms is the last in line.
inline void run_ready(Loop& loop, int rounds = 5) {
  for (int round = 0; round < rounds; ++round) {
    bool passed = false;
    WakeTimer timer(loop, [&] { passed = true; });
    timer.arm(Millis(0));
    loop.run_until([&] { return passed; });
  }
}

}  // namespace reporterd
