#include <gtest/gtest.h>

#include "tests/sim/sim_world.h"

namespace reporterd::sim {
namespace {

TEST(Simulation, OneSeedGivesOneTrace) {
  EXPECT_EQ(run_seed(7).trace, run_seed(7).trace);
}

}  // namespace
}  // namespace reporterd::sim
