// wine tells of no route that comes or goes, so these look at what can be asked, and at the ends.
#include "daemon/io/network_watch.h"

#include <gtest/gtest.h>

#include "tests/support/loop_runner.h"

namespace reporterd {
namespace {

TEST(NetworkWatch, CanBeOpenedAndClosedWithoutATurnOfTheLoop) {
  Loop loop;
  int changes = 0;
  {
    const auto watch = NetworkWatch::open(loop, [&] { ++changes; });
    EXPECT_TRUE(watch) << watch.error().what;
  }
  run_ready(loop);
  EXPECT_EQ(changes, 0);
}

}  // namespace
}  // namespace reporterd
