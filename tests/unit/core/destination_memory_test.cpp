#include "daemon/core/destination_memory.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/model/model_outbox.h"

namespace reporterd {
namespace {

DestinationMemory memory_with(std::vector<Seq> rejected) {
  DestinationMemory memory;
  memory.identity = "https://a";
  memory.why = "HTTP 400";
  memory.failures = 3;
  memory.next_attempt = instant_at(5);
  memory.retry_after_until = instant_at(6);
  memory.rejected_in_row = std::move(rejected);
  return memory;
}

std::optional<DestinationMemory> read(const std::string& json) {
  const DestinationMemory memory = memory_from_json(json, "https://a");
  return memory.failures == 0 ? std::nullopt : std::optional(memory);
}

TEST(DestinationMemory, EveryProblemIsReadBack) {
  for (int i = 0; i <= static_cast<int>(Problem::config); ++i) {
    DestinationMemory memory = memory_with({});
    memory.problem = static_cast<Problem>(i);
    EXPECT_EQ(read(to_json(memory)), memory) << name_of(memory.problem);
  }
}

TEST(DestinationMemory, TheTimesForPeopleAreReadBackOrAbsent) {
  DestinationMemory memory = memory_with({4});
  memory.ever_accepted = true;
  EXPECT_EQ(read(to_json(memory)), memory);
  memory.last_success = wall_at(7);
  EXPECT_EQ(read(to_json(memory)), memory);
  memory.last_error = wall_at(-8);
  EXPECT_EQ(read(to_json(memory)), memory);
  std::string json = to_json(memory);
  json.replace(json.find(":7"), 2, ":\"7\"");
  memory.last_success.reset();
  EXPECT_EQ(read(json), memory) << "what is no number is no time";
}

TEST(DestinationMemory, WhatCannotBeReadIsForgotten) {
  for (const char* json :
       {"", "[]", "7", "{}", "{\"identity\":\"https://a\",\"failures\":\"x\"}"}) {
    EXPECT_EQ(read(json), std::nullopt) << json;
    EXPECT_EQ(memory_from_json(json, "https://a").identity, "https://a");
  }
}

TEST(DestinationMemory, TextThatIsNotUtf8IsKeptAsFarAsItIs) {
  DestinationMemory memory = memory_with({});
  memory.why = "a\xFF z";
  ASSERT_TRUE(read(to_json(memory)));
  EXPECT_EQ(read(to_json(memory))->why, "a\xEF\xBF\xBD z");
}

class Believing : public testing::Test {
 protected:
  Believing() {
    for (const char* source : {"a", "b", "a"}) {
      NewMessage message;
      message.key = {std::string(64, 'a'), wall_at(++added)};
      message.source = source;
      outbox.append(message, Now{});
    }
    outbox.put(memory_name, to_json(memory_with({1, 2, 3, 99})));
  }
  std::vector<Seq> left() {
    return memory_from_json(outbox.get(memory_name), "https://a").rejected_in_row;
  }

  int added = 0;
  model::ModelOutbox outbox;
};

TEST_F(Believing, ThoseOfASourceStayRejectedAndTheOthersMayBeTakenBack) {
  EXPECT_EQ(believe_rejections(outbox, WithdrawScope{false, "a"}, {}), (std::vector<Seq>{1, 3}));
  EXPECT_EQ(left(), (std::vector<Seq>{2, 99}));
  EXPECT_TRUE(believe_rejections(outbox, WithdrawScope{false, "a"}, {}).empty());
  EXPECT_EQ(left(), (std::vector<Seq>{2, 99}));
}

TEST_F(Believing, AllOfThemStayRejectedWhenAllIsWithdrawn) {
  EXPECT_EQ(believe_rejections(outbox, WithdrawScope{true, {}}, {}),
            (std::vector<Seq>{1, 2, 3, 99}));
  EXPECT_TRUE(left().empty());
  EXPECT_EQ(memory_from_json(outbox.get(memory_name), "https://a").failures, 3) << "and no more";
}

TEST_F(Believing, WhatOnlyTheReporterKnowsIsBelievedToo) {
  outbox.put(memory_name, to_json(memory_with({})));
  EXPECT_EQ(believe_rejections(outbox, WithdrawScope{false, "a"}, {1, 2}), std::vector<Seq>{1});
  EXPECT_EQ(believe_rejections(outbox, WithdrawScope{true, {}}, {2}), std::vector<Seq>{2});
}

TEST_F(Believing, ThereIsNothingToBelieveWhereNothingIsKept) {
  model::ModelOutbox empty;
  EXPECT_TRUE(believe_rejections(empty, WithdrawScope{true, {}}, {}).empty());
  EXPECT_EQ(empty.get(memory_name), std::nullopt);
}

}  // namespace
}  // namespace reporterd
