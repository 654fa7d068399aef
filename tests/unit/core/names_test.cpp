#include <gtest/gtest.h>

#include "daemon/core/outbox.h"

namespace reporterd {

TEST(Names, EveryStateIsReadBackFromItsName) {
  for (int i = 0; i <= static_cast<int>(State::lost); ++i) {
    const auto state = static_cast<State>(i);
    EXPECT_EQ(state_named(name_of(state)), state);
  }
  EXPECT_EQ(state_named("in flight"), std::nullopt);
}

}  // namespace reporterd
