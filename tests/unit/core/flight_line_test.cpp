#include "daemon/core/flight_line.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/core/reporter_fixture.h"

namespace reporterd {
namespace {

constexpr const char* secret = "https://marked.example/?code=marked";

Snapshot snapshot_of_all() {
  Snapshot snapshot;
  snapshot.ledger = {.accepted = 1,
                     .requeued = 2,
                     .queued = 3,
                     .held = 4,
                     .delivered = 5,
                     .rejected = 6,
                     .expired = 7,
                     .superseded = 8,
                     .withdrawn = 9,
                     .deleted = 10,
                     .lost = 11,
                     .duplicates = 12,
                     .conflicts = 13};
  snapshot.bytes_used = 14;
  snapshot.bytes_limit = 15;
  snapshot.newest = 16;
  snapshot.oldest_queued = 17;
  snapshot.oldest_accepted = instant_at(18);
  snapshot.disk_full = true;
  return snapshot;
}

DestinationMemory memory_of_all() {
  DestinationMemory memory;
  memory.identity = secret;
  memory.problem = Problem::asked_to_wait;
  memory.why = secret;
  memory.failures = 1;
  memory.next_attempt = instant_at(2);
  memory.retry_after_until = instant_at(3);
  memory.ever_accepted = true;
  memory.rejected_in_row = {4, 5};
  memory.last_success = wall_at(6);
  memory.last_error = wall_at(-7);
  return memory;
}

std::vector<LeasedMessage> two_messages() {
  const MessageKey key{secret, wall_at(1)};
  return {{17, key, std::string(secret) + "{}", 2}, {18, key, "", 0}};
}

struct Told {
  Input input;
  const char* fields;
};

std::vector<Told> everything_told() {
  std::vector<Verdict> verdicts = {{Verdict::Kind::retry_after, Millis(1500), secret},
                                   {Verdict::Kind::too_large, std::nullopt, secret}};
  return {
      {input::Woke{}, "woke"},
      {input::Leased{{two_messages(), instant_at(99), true}},
       "leased messages=17:37:2,18:0:0 nextDue=99 more=1"},
      {input::Committed{snapshot_of_all()},
       "committed accepted=1 requeued=2 queued=3 held=4 delivered=5 rejected=6 expired=7 "
       "superseded=8 withdrawn=9 deleted=10 lost=11 duplicates=12 conflicts=13 bytesUsed=14 "
       "bytesLimit=15 newest=16 oldestQueued=17 oldestAccepted=18 diskFull=1"},
      {input::Committed{}, "committed"},
      {input::Expired{true}, "expired more=1"},
      {input::Replied{7, two_messages(), verdicts},
       "replied id=7 messages=17:37:2,18:0:0 verdicts=retryAfter:1500,tooLarge:-"},
      {input::NetworkChanged{}, "network"},
      {input::SecretChanged{}, "secret"},
      {input::FlushAsked{true}, "flush force=1"},
      {input::PauseAsked{instant_at(0)}, "pause until=0"},
      {input::PauseAsked{}, "pause"},
      {input::ResumeAsked{}, "resume"},
      {input::ConsentChanged{true}, "consent on=1"},
      {input::NoticeChanged{instant_at(12)}, "notice until=12"},
      {input::DestinationChanged{true, memory_of_all(), DeliverySettings{}},
       "destination configured=1 destination=#d77f8665 problem=asked-to-wait failures=1 "
       "nextAttempt=2 retryAfterUntil=3 everAccepted=1 rejectedInRow=4,5 lastSuccess=6 "
       "lastError=-7 base=60000 cap=21600000 messageBase=1000 failuresToBackOff=5 "
       "networkBackWithin=5000 retryAfterMax=86400000 spread=1 inFlight=8 batch=1 "
       "maxAge=34560000000"},
      {input::Rewritten{}, "rewritten"},
      {input::Recalled{}, "recalled"},
      {input::Believed{{4, 5}}, "believed seqs=4,5"},
      {input::StopAsked{}, "stop"},
  };
}

TEST(FlightLine, SaysEachThingThatTheBrainCanBeToldAndReadsItAgain) {
  std::set<std::size_t> kinds;
  for (const Told& told : everything_told()) {
    kinds.insert(told.input.index());
    std::string line;
    begin_step(line, Now{instant_at(5), wall_at(-6)}, told.input);
    EXPECT_EQ(line, "5 -6 " + std::string(told.fields));
    const std::array<std::uint64_t, 2> draws = {~std::uint64_t{0}, 1};
    end_step(line, draws, {});
    const auto read = read_step(line);
    ASSERT_TRUE(read) << line;
    EXPECT_EQ(read->draws, std::vector<std::uint64_t>(draws.begin(), draws.end()));
    EXPECT_EQ(read->sum, sum_of({}));
    std::string again;
    begin_step(again, read->now, read->input);
    end_step(again, read->draws, {});
    EXPECT_EQ(again, line);
    EXPECT_EQ(line.find("marked"), std::string::npos) << line;
  }
  EXPECT_EQ(kinds.size(), std::variant_size_v<Input>);
}

TEST(FlightLine, RefusesWhatIsNoStep) {
  for (const char* line :
       {"", "5", "5 6", "5 6 sneezed", "5 x woke", "5 6 woke and more", "5 6 expired more=2",
        "5 6 replied verdicts=hardly:-", "5 6 leased messages=1:2", "5 6 leased messages=1:2:3:4",
        "5 6 leased messages=1:99999999999:0", "5 6 leased messages=1:9000000:0,2:9000000:0",
        "5 6 leased messages=1:2:2000000000", "900000000000000000 6 woke",
        "5 6 replied verdicts=retryAfter:900000000000000000", "5 6 replied verdicts=retryAfter:-1",
        "5 6 flush force=1 force=1"}) {
    EXPECT_FALSE(read_step(line)) << line;
  }
}

TEST(FlightLine, EachDecisionHasASumOfItsOwn) {
  const std::vector<Output> decisions = {
      output::AskLease{},
      output::StartSend{1, two_messages()},
      output::StartSend{2, two_messages()},
      output::CancelSend{1},
      output::Settle{1, State::delivered, "a"},
      output::Settle{1, State::rejected, "a"},
      output::Defer{1, instant_at(1), "a"},
      output::Defer{1, instant_at(2), "a"},
      output::Release{{1}},
      output::Release{{1, 2}},
      output::Requeue{{1}},
      output::Expire{},
      output::Remember{memory_of_all()},
      output::Failed{},
      output::Changed{Condition::off, Condition::idle, "a"},
      output::Finished{},
  };
  std::set<std::uint32_t> sums = {sum_of({})};
  for (const Output& decision : decisions) {
    EXPECT_TRUE(sums.insert(sum_of({&decision, 1})).second) << text_of(decision);
  }
  const Output same = output::Settle{1, State::delivered, "other words"};
  EXPECT_TRUE(sums.contains(sum_of({&same, 1})));
}

class FlightState : public ReporterTest {};

// A Reporter in the midst of everything: waiting, sending, splitting, in trouble.
TEST_F(FlightState, IsTheWholeReporter) {
  settings.batch = 8;
  step(input::DestinationChanged{true, memory_of_all(), settings});
  accept_one();
  queue(40);
  lease(20, true, 3);
  reply(verdict(Verdict::Kind::too_large));
  std::string state;
  write_state(state, reporter);
  for (const char* part : {" ready=", " split=", " sends=", " destination=#"}) {
    EXPECT_NE(state.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(state.find("marked"), std::string::npos) << state;
  FixedEntropy same;
  Reporter other(same);
  ASSERT_TRUE(read_state(state, other));
  std::string again;
  write_state(again, other);
  EXPECT_EQ(again, state);
}

TEST_F(FlightState, RefusesWhatIsNone) {
  Reporter other(entropy);
  EXPECT_FALSE(read_state("state what=1", other));
  EXPECT_FALSE(read_state("5 6 woke", other));
}

// A line of a record, with a field as it never is.
TEST_F(FlightState, RefusesWhatNoReporterIsLike) {
  std::string state;
  write_state(state, reporter);
  for (const char* field :
       {" base=", " messageBase=", " inFlight=", " batch=", " window=", " batchWindow="}) {
    const std::size_t from = state.find(field);
    ASSERT_NE(from, std::string::npos) << field;
    std::string without = state;
    without.erase(from, state.find(' ', from + 1) - from);
    Reporter other(entropy);
    EXPECT_FALSE(read_state(without, other)) << field;
  }
  Reporter other(entropy);
  EXPECT_TRUE(read_state(state, other));
}

TEST_F(FlightState, ExpectsNoAnswerToWhatItDidNotAsk) {
  const auto follows = [this](std::string_view line) {
    const auto read = read_step(line);
    return read && can_follow(reporter, *read);
  };
  settings.batch = 2;
  step(input::DestinationChanged{true, {}, settings});
  queue(1);
  EXPECT_FALSE(follows("5 6 replied id=1 messages=1:9:0 verdicts=delivered:-"));
  EXPECT_TRUE(follows("5 6 leased messages=1:9:0"));
  lease(1, false);
  EXPECT_FALSE(follows("5 6 replied id=1 messages=1:9:0"));
  EXPECT_FALSE(follows("5 6 replied id=2 messages=1:9:0 verdicts=delivered:-"));
  EXPECT_TRUE(follows("5 6 replied id=1 messages=1:9:0 verdicts=delivered:-"));
  EXPECT_FALSE(follows("5 6 leased messages=1:9:0"));
  EXPECT_FALSE(follows("5 6 destination configured=1"));
}

}  // namespace
}  // namespace reporterd
