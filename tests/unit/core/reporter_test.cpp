// The brain alone: facts in, wishes out.
#include "daemon/core/reporter.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "daemon/core/limits.h"

namespace reporterd {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class FixedEntropy final : public Entropy {
 public:
  std::uint64_t next() override { return value; }
  std::uint64_t value = 0;
};

Verdict verdict(Verdict::Kind kind, std::optional<Millis> wait = std::nullopt) {
  return Verdict{kind, wait, "because"};
}

// A Reporter with a queue of `queued` messages behind it, switched on, with a destination.
class ReporterTest : public testing::Test {
 protected:
  void SetUp() override {
    settings.retry.spread_retry_after = false;
    step(input::ConsentChanged{true});
    step(input::DestinationChanged{true, memory_from_json(std::nullopt, "https://a"), settings});
  }

  template <class In>
  void step(In in) {
    for (Output& output : reporter.step(Now{now, wall_at(0)}, std::move(in))) {
      log.push_back(std::move(output));
    }
  }

  void queue(std::int64_t count) {
    snapshot.ledger.accepted += count;
    snapshot.ledger.queued += count;
    snapshot.newest += count;
    snapshot.oldest_accepted = now;
    step(input::Committed{snapshot});
  }

  // Answers a lease that was asked for, with `count` fresh messages of `bytes` each.
  void lease(std::size_t count, bool more = false, int attempts = 0, std::size_t bytes = 10) {
    Lease given;
    for (std::size_t i = 0; i < count; ++i) {
      given.messages.push_back(LeasedMessage{next_seq++, {}, std::string(bytes, 'x'), attempts});
    }
    given.more = more;
    step(input::Leased{std::move(given)});
  }

  void reply(const Verdict& with) {
    const auto sent = take<output::StartSend>();
    ASSERT_FALSE(sent.empty());
    for (const auto& send : sent) {
      step(input::Replied{send.id, send.messages, {send.messages.size(), with}});
    }
  }

  // The outputs of one kind since the last call, removed from the log.
  template <class Out>
  std::vector<Out> take() {
    std::vector<Out> found;
    std::erase_if(log, [&](Output& output) {
      if (auto* out = std::get_if<Out>(&output)) {
        found.push_back(std::move(*out));
        return true;
      }
      return false;
    });
    return found;
  }

  // Queues one message, sends it and lets it be accepted.
  void accept_one() {
    queue(1);
    take<output::AskLease>();
    lease(1);
    reply(verdict(Verdict::Kind::delivered));
    take<output::Settle>();
    log.clear();
  }

  FixedEntropy entropy;
  DeliverySettings settings;
  Reporter reporter{entropy};
  Instant now = instant_at(1'000'000);
  Snapshot snapshot;
  Seq next_seq = 1;
  std::vector<Output> log;
};

TEST_F(ReporterTest, DoesNothingAndNeverWakesWhileThereIsNothingToSend) {
  EXPECT_EQ(reporter.wake_at(), std::nullopt);
  EXPECT_TRUE(take<output::AskLease>().empty());
  EXPECT_EQ(reporter.condition(now), Condition::idle);
}

TEST_F(ReporterTest, SendsWhatItLeasedAndSettlesWhatWasDelivered) {
  queue(1);
  ASSERT_EQ(take<output::AskLease>().size(), 1U);
  lease(1);
  reply(verdict(Verdict::Kind::delivered));
  const auto settled = take<output::Settle>();
  ASSERT_EQ(settled.size(), 1U);
  EXPECT_EQ(settled[0].how, State::delivered);
}

TEST_F(ReporterTest, ADuplicateAtTheDestinationCountsAsDelivered) {
  queue(1);
  lease(1);
  reply(verdict(Verdict::Kind::duplicate));
  ASSERT_EQ(take<output::Settle>().at(0).how, State::delivered);
}

TEST_F(ReporterTest, RequestsInFlightDoubleFromOneToTheLimit) {
  settings.in_flight = 4;
  step(input::DestinationChanged{true, reporter.memory(), settings});
  queue(100);
  lease(50, true);
  EXPECT_EQ(reporter.in_flight(), 1U);
  for (const std::size_t wanted : {2U, 4U, 4U}) {
    const auto sent = take<output::StartSend>();
    ASSERT_FALSE(sent.empty());
    step(input::Replied{sent[0].id, sent[0].messages, {verdict(Verdict::Kind::delivered)}});
    EXPECT_EQ(reporter.in_flight(), wanted);
  }
}

TEST_F(ReporterTest, AnUnreachableDestinationMakesEverythingWaitHalfToAllOfTheBase) {
  queue(3);
  lease(3);
  reply(verdict(Verdict::Kind::unreachable));
  EXPECT_EQ(reporter.condition(now), Condition::unreachable);
  EXPECT_EQ(reporter.memory().failures, 1);
  ASSERT_TRUE(reporter.wake_at());
  EXPECT_EQ(*reporter.wake_at() - now, seconds(30));  // entropy 0: the least
  now += seconds(29);
  step(input::Woke{});
  EXPECT_TRUE(take<output::StartSend>().empty());
  EXPECT_TRUE(take<output::Defer>().empty()) << "the message is not to blame";
  EXPECT_FALSE(take<output::Release>().empty());
}

TEST_F(ReporterTest, TheWaitDoublesWithEachFailureUpToTheCap) {
  queue(1);
  Millis last(0);
  for (int failure = 0; failure < 14; ++failure) {
    take<output::AskLease>();
    lease(1);
    reply(verdict(Verdict::Kind::unreachable));
    const Millis wait = *reporter.wake_at() - now;
    EXPECT_EQ(wait, std::min<Millis>(seconds(30) * (1 << failure), hours(3)));
    EXPECT_GE(wait, last);
    last = wait;
    now = *reporter.wake_at();
    step(input::Woke{});
  }
}

TEST_F(ReporterTest, AfterTroubleOneLeastAttemptedMessageProbesFirst) {
  queue(100);
  lease(1);
  reply(verdict(Verdict::Kind::unreachable));
  log.clear();
  now = *reporter.wake_at();
  step(input::Woke{});
  const auto asked = take<output::AskLease>();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].wish.limit, 1U);
  EXPECT_TRUE(asked[0].wish.least_attempted);
  lease(1, true);
  ASSERT_EQ(take<output::StartSend>().size(), 1U);
  step(input::Woke{});
  EXPECT_TRUE(take<output::AskLease>().empty()) << "nothing follows before the probe is answered";
}

TEST_F(ReporterTest, ManyRequestsThatFailTogetherCountAsOneFailure) {
  accept_one();
  accept_one();
  queue(8);
  lease(4);
  const auto sent = take<output::StartSend>();
  ASSERT_GE(sent.size(), 2U);
  for (const auto& send : sent) {
    step(input::Replied{send.id, send.messages, {verdict(Verdict::Kind::unreachable)}});
  }
  EXPECT_EQ(reporter.memory().failures, 1);
}

TEST_F(ReporterTest, AnIsolatedServerErrorDelaysThatMessageOnly) {
  accept_one();
  queue(2);
  lease(2, true);
  const auto sent = take<output::StartSend>();
  ASSERT_GE(sent.size(), 1U);
  step(input::Replied{sent[0].id, sent[0].messages, {verdict(Verdict::Kind::retry)}});
  const auto deferred = take<output::Defer>();
  ASSERT_EQ(deferred.size(), 1U);
  EXPECT_EQ(deferred[0].due - now, Millis(500));
  EXPECT_EQ(reporter.memory().failures, 0);
  EXPECT_NE(reporter.condition(now), Condition::unreachable);
}

TEST_F(ReporterTest, FiveDifferentMessagesFailingInARowSpeakForTheDestination) {
  accept_one();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(reporter.memory().failures, 0) << i;
    queue(1);
    lease(1);
    reply(verdict(Verdict::Kind::retry));
  }
  EXPECT_EQ(reporter.memory().failures, 1);
  EXPECT_EQ(reporter.condition(now), Condition::unreachable);
}

TEST_F(ReporterTest, OneMessageThatKeepsFailingNeverStallsTheOthers) {
  accept_one();
  next_seq = 77;
  for (int i = 0; i < 10; ++i) {
    queue(1);
    next_seq = 77;
    lease(1, false, i);
    reply(verdict(Verdict::Kind::retry));
  }
  EXPECT_EQ(reporter.memory().failures, 0);
}

TEST_F(ReporterTest, RetryAfterIsHonouredExactlyAndEvenByAFlush) {
  queue(1);
  lease(1);
  reply(verdict(Verdict::Kind::retry_after, seconds(90)));
  EXPECT_EQ(reporter.condition(now), Condition::asked_to_wait);
  EXPECT_EQ(*reporter.wake_at() - now, seconds(90));
  step(input::FlushAsked{false});
  EXPECT_EQ(*reporter.wake_at() - now, seconds(90));
  log.clear();
  step(input::FlushAsked{true});
  EXPECT_EQ(take<output::AskLease>().size(), 1U) << "unless it is forced";
}

TEST_F(ReporterTest, RetryAfterIsClampedToADay) {
  queue(1);
  lease(1);
  reply(verdict(Verdict::Kind::retry_after, hours(24 * 365)));
  EXPECT_EQ(*reporter.wake_at() - now, hours(24));
}

TEST_F(ReporterTest, RetryAfterZeroStillWaitsASecond) {
  queue(1);
  lease(1);
  reply(verdict(Verdict::Kind::retry_after, Millis(0)));
  EXPECT_EQ(*reporter.wake_at() - now, seconds(1));
}

TEST_F(ReporterTest, AnAuthProblemDiscardsNothingAndIsTriedAgainAtTheCap) {
  queue(1);
  lease(1);
  reply(verdict(Verdict::Kind::auth_problem));
  EXPECT_EQ(reporter.condition(now), Condition::auth_problem);
  EXPECT_TRUE(take<output::Settle>().empty());
  EXPECT_EQ(*reporter.wake_at() - now, hours(3));  // half of the cap: entropy 0
  step(input::SecretChanged{});
  EXPECT_EQ(take<output::AskLease>().size(), 2U) << "a changed secret is tried at once";
}

TEST_F(ReporterTest, ThreeRejectionsInARowWithoutAnySuccessAreTakenBack) {
  queue(5);
  for (int i = 0; i < 3; ++i) {
    lease(1, true);
    reply(verdict(Verdict::Kind::rejected));
  }
  EXPECT_EQ(take<output::Settle>().size(), 2U);
  const auto requeued = take<output::Requeue>();
  ASSERT_EQ(requeued.size(), 1U);
  EXPECT_EQ(requeued[0].seqs, (std::vector<Seq>{1, 2}));
  EXPECT_EQ(reporter.condition(now), Condition::config_problem);
}

TEST_F(ReporterTest, AfterASuccessEveryRejectionIsBelieved) {
  accept_one();
  queue(5);
  for (int i = 0; i < 5; ++i) {
    lease(1, true);
    reply(verdict(Verdict::Kind::rejected));
  }
  EXPECT_EQ(take<output::Settle>().size(), 5U);
  EXPECT_NE(reporter.condition(now), Condition::config_problem);
}

TEST_F(ReporterTest, ARefusedBatchIsHalvedUntilTheBadMessageStandsAlone) {
  settings.batch = 4;
  settings.in_flight = 1;
  DestinationMemory memory = reporter.memory();
  step(input::DestinationChanged{true, memory, settings});
  accept_one();
  accept_one();
  queue(4);
  lease(4);
  auto sent = take<output::StartSend>();
  ASSERT_EQ(sent.size(), 1U);
  ASSERT_EQ(sent[0].messages.size(), 4U);
  const Seq bad = sent[0].messages[2].seq;
  std::vector<Seq> rejected;
  int requests = 0;
  while (!sent.empty() && ++requests < 20) {
    const auto messages = sent[0].messages;
    const bool has_bad =
        std::ranges::any_of(messages, [&](const LeasedMessage& m) { return m.seq == bad; });
    const auto kind = has_bad ? Verdict::Kind::rejected : Verdict::Kind::delivered;
    step(input::Replied{sent[0].id, messages, {messages.size(), verdict(kind)}});
    sent = take<output::StartSend>();
  }
  int delivered = 0;
  for (const auto& settle : take<output::Settle>()) {
    if (settle.how == State::rejected) {
      rejected.push_back(settle.seq);
    } else {
      ++delivered;
    }
  }
  EXPECT_EQ(rejected, std::vector<Seq>{bad});
  EXPECT_EQ(delivered, 3);
}

TEST_F(ReporterTest, ANewDefaultRouteBringsOneProbeAtMostEveryFiveMinutes) {
  entropy.value = 0;
  queue(1);
  lease(1);
  reply(verdict(Verdict::Kind::unreachable));
  log.clear();
  step(input::NetworkChanged{});
  ASSERT_EQ(take<output::AskLease>().size(), 1U);
  lease(1);
  reply(verdict(Verdict::Kind::unreachable));
  EXPECT_EQ(reporter.memory().failures, 1) << "a failed probe keeps the failure count";
  EXPECT_EQ(*reporter.wake_at() - now, seconds(30)) << "and the schedule";
  log.clear();
  step(input::NetworkChanged{});
  EXPECT_TRUE(take<output::AskLease>().empty());
}

TEST_F(ReporterTest, ANewDefaultRouteDoesNotCutARetryAfter) {
  queue(1);
  lease(1);
  reply(verdict(Verdict::Kind::retry_after, seconds(90)));
  step(input::NetworkChanged{});
  EXPECT_EQ(*reporter.wake_at() - now, seconds(90));
}

TEST_F(ReporterTest, SwitchedOffItCancelsWhatIsOutAndNeverWakes) {
  queue(2);
  lease(2);
  const auto sent = take<output::StartSend>();
  step(input::ConsentChanged{false});
  EXPECT_EQ(take<output::CancelSend>().size(), sent.size());
  EXPECT_EQ(reporter.wake_at(), std::nullopt);
  EXPECT_EQ(reporter.condition(now), Condition::off);
  log.clear();
  queue(1);
  EXPECT_TRUE(take<output::AskLease>().empty());
}

TEST_F(ReporterTest, APauseEndsByItselfAtItsTime) {
  step(input::PauseAsked{now + minutes(5)});
  queue(1);
  EXPECT_TRUE(take<output::AskLease>().empty());
  EXPECT_EQ(reporter.wake_at(), now + minutes(5));
  now += minutes(5);
  step(input::Woke{});
  EXPECT_EQ(take<output::AskLease>().size(), 1U);
}

TEST_F(ReporterTest, NothingIsSentInTheNoticePeriod) {
  step(input::NoticeChanged{now + hours(24)});
  queue(1);
  EXPECT_TRUE(take<output::AskLease>().empty());
  EXPECT_EQ(reporter.condition(now), Condition::notice);
  now += hours(24);
  step(input::Woke{});
  EXPECT_EQ(take<output::AskLease>().size(), 1U);
}

TEST_F(ReporterTest, BackoffSurvivesARestartButNotAnotherUrl) {
  queue(1);
  lease(1);
  reply(verdict(Verdict::Kind::unreachable));
  const std::string kept = to_json(reporter.memory());
  EXPECT_EQ(memory_from_json(kept, "https://a"), reporter.memory());
  EXPECT_EQ(memory_from_json(kept, "https://b").failures, 0);
  Reporter again(entropy);
  again.step(Now{now, wall_at(0)}, input::ConsentChanged{true});
  again.step(Now{now, wall_at(0)},
             input::DestinationChanged{true, memory_from_json(kept, "https://a"), settings});
  again.step(Now{now, wall_at(0)}, input::Committed{snapshot});
  EXPECT_EQ(again.wake_at(), reporter.wake_at());
}

TEST_F(ReporterTest, MessagesThatAreTooOldExpire) {
  queue(1);
  now += settings.max_age;
  step(input::Woke{});
  const auto expired = take<output::Expire>();
  ASSERT_EQ(expired.size(), 1U);
  EXPECT_EQ(expired[0].before, now - settings.max_age);
}

TEST_F(ReporterTest, AnOldMessageInFlightIsNotAskedForOverAndOver) {
  queue(1);
  now += settings.max_age;
  step(input::Woke{});
  ASSERT_EQ(take<output::Expire>().size(), 1U);
  step(input::Expired{false});
  step(input::Woke{});
  EXPECT_TRUE(take<output::Expire>().empty());
  now += expire_again_after;
  step(input::Woke{});
  EXPECT_EQ(take<output::Expire>().size(), 1U);
}

TEST_F(ReporterTest, StoppingCancelsWhatIsOutAndIsFinishedWhenItIsBack) {
  queue(1);
  lease(1);
  const auto sent = take<output::StartSend>();
  step(input::StopAsked{});
  EXPECT_EQ(take<output::CancelSend>().size(), 1U);
  EXPECT_TRUE(take<output::Finished>().empty());
  step(input::Replied{sent[0].id, sent[0].messages, {verdict(Verdict::Kind::cancelled)}});
  EXPECT_EQ(take<output::Finished>().size(), 1U);
}

TEST_F(ReporterTest, BodiesHeldAtOnceStayUnderTheirLimit) {
  queue(1000);
  const auto asked = take<output::AskLease>();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_LE(asked[0].wish.bytes, leased_bytes_max);
  lease(1, true, 0, leased_bytes_max);
  EXPECT_TRUE(take<output::AskLease>().empty());
}

}  // namespace
}  // namespace reporterd
