#include "daemon/io/signals.h"

#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <vector>

#include "tests/support/loop_runner.h"

namespace reporterd {
namespace {

TEST(Signals, ArriveOnTheLoop) {
  Loop loop;
  std::vector<Signal> seen;
  const Signals signals(loop, [&](Signal signal) { seen.push_back(signal); });
  for (const int number : {SIGHUP, SIGTERM, SIGINT}) {
    const auto before = seen.size();
    ASSERT_EQ(raise(number), 0);
    ASSERT_TRUE(run_until(loop, [&] { return seen.size() > before; }));
  }
  EXPECT_EQ(seen, (std::vector{Signal::hangup, Signal::terminate, Signal::interrupt}));
}

TEST(Signals, MayBeDestroyedByTheirCallback) {
  Loop loop;
  bool called = false;
  std::unique_ptr<Signals> signals;
  signals = std::make_unique<Signals>(loop, [&](Signal) {
    signals.reset();
    called = true;
  });
  raise(SIGHUP);
  EXPECT_TRUE(run_until(loop, [&] { return called; }));
}

TEST(Signals, IgnoreSigpipe) {
  Loop loop;
  const Signals signals(loop, [](Signal) {});
  EXPECT_EQ(raise(SIGPIPE), 0);
}

}  // namespace
}  // namespace reporterd
