#include <gtest/gtest.h>

#include <set>
#include <string_view>

#include "daemon/core/condition.h"
#include "daemon/core/consent.h"
#include "daemon/core/outbox.h"

namespace reporterd {

TEST(Names, EveryStateIsReadBackFromItsName) {
  for (int i = 0; i <= static_cast<int>(State::lost); ++i) {
    const auto state = static_cast<State>(i);
    EXPECT_EQ(state_named(name_of(state)), state);
  }
  EXPECT_EQ(state_named("in flight"), std::nullopt);
  EXPECT_EQ(state_named(""), std::nullopt);
  EXPECT_EQ(name_of(State{99}), "?");
}

TEST(Names, EveryConditionHasOneOfItsOwn) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Condition::idle); ++i) {
    EXPECT_TRUE(names.insert(name_of(static_cast<Condition>(i))).second) << i;
  }
  EXPECT_FALSE(names.contains("?"));
  EXPECT_EQ(name_of(Condition{99}), "?");
}

TEST(Names, EveryDecisionHasItsOwn) {
  EXPECT_EQ(name_of(Decision::on), "on");
  EXPECT_EQ(name_of(Decision::off), "off");
  EXPECT_EQ(name_of(Decision::unknown), "unknown");
}

}  // namespace reporterd
