// The Reporter: what a destination that fails, or comes back, changes.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "daemon/core/limits.h"
#include "tests/unit/core/reporter_fixture.h"

namespace reporterd {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class ReporterTrouble : public ReporterTest {
 protected:
  // One message is sent and answered so.
  void send_one(const Verdict& with) {
    if (take<output::AskLease>().empty()) {
      queue(1);
      take<output::AskLease>();
    }
    lease(1);
    reply(with);
  }
  void wait_for_the_next_attempt() {
    now = *reporter.wake_at();
    step(input::Woke{});
  }
  void use_other(const std::string& identity) {
    step(input::DestinationChanged{true, memory_from_json(std::nullopt, identity), settings});
  }
  // Two requests are out at once.
  std::vector<output::StartSend> two_out() {
    accept_one();
    queue(8);
    lease(4, true);
    auto sent = take<output::StartSend>();
    EXPECT_EQ(sent.size(), 2U);
    log.clear();
    return sent;
  }
  void answer(const output::StartSend& send, const Verdict& with) {
    step(input::Replied{send.id, send.messages, {with}});
  }
};

// ---------------------------------------------------------------- its end

TEST_F(ReporterTrouble, AfterASuccessNothingOfItIsLeft) {
  send_one(verdict(Verdict::Kind::unreachable));
  EXPECT_EQ(reporter.memory().why, "because");
  EXPECT_EQ(reporter.memory().last_error, wall_at(0));
  wait_for_the_next_attempt();
  send_one(verdict(Verdict::Kind::delivered));
  DestinationMemory well = memory_from_json(std::nullopt, "https://a");
  well.ever_accepted = true;
  well.last_success = wall_at(0);
  well.last_error = wall_at(0);
  EXPECT_EQ(reporter.memory(), well);
  send_one(verdict(Verdict::Kind::unreachable));
  EXPECT_EQ(*reporter.wake_at() - now, seconds(30)) << "the first wait again";
}

TEST_F(ReporterTrouble, AfterARetryAfterASuccessLeavesNothingOfItEither) {
  send_one(verdict(Verdict::Kind::retry_after, seconds(90)));
  EXPECT_EQ(reporter.memory().next_attempt, now + seconds(90));
  wait_for_the_next_attempt();
  EXPECT_EQ(reporter.condition(now), Condition::unreachable) << "until it has answered";
  send_one(verdict(Verdict::Kind::delivered));
  EXPECT_EQ(reporter.memory().retry_after_until, Instant{});
  EXPECT_EQ(reporter.memory().next_attempt, Instant{});
}

TEST_F(ReporterTrouble, ARejectionEndsItAsWell) {
  for (const bool accepted_before : {true, false}) {
    use_other(accepted_before ? "https://b" : "https://c");
    if (accepted_before) {
      accept_one();
    }
    send_one(verdict(Verdict::Kind::unreachable));
    wait_for_the_next_attempt();
    take<output::Remember>();
    send_one(verdict(Verdict::Kind::rejected));
    EXPECT_NE(reporter.condition(now), Condition::unreachable) << accepted_before;
    EXPECT_EQ(reporter.memory().failures, 0);
    EXPECT_FALSE(take<output::Remember>().empty());
  }
}

TEST_F(ReporterTrouble, ALateSuccessOfAnOlderRequestEndsTheWait) {
  const auto sent = two_out();
  answer(sent[0], verdict(Verdict::Kind::unreachable));
  EXPECT_EQ(reporter.condition(now), Condition::unreachable);
  log.clear();
  answer(sent[1], verdict(Verdict::Kind::delivered));
  EXPECT_NE(reporter.condition(now), Condition::unreachable);
  lease(0, true);  // the one that was asked for before
  EXPECT_EQ(take<output::AskLease>().size(), 1U) << "and it goes on at once";
}

TEST_F(ReporterTrouble, ALateSuccessAtTheEndOfARetryAfterEndsItsTrouble) {
  const auto sent = two_out();
  answer(sent[0], verdict(Verdict::Kind::retry_after, seconds(90)));
  now += seconds(90);
  answer(sent[1], verdict(Verdict::Kind::delivered));
  EXPECT_EQ(reporter.memory().problem, Problem::none);
}

TEST_F(ReporterTrouble, ALateRejectionDoesNotEndARetryAfter) {
  const auto sent = two_out();
  answer(sent[0], verdict(Verdict::Kind::retry_after, seconds(90)));
  answer(sent[1], verdict(Verdict::Kind::rejected));
  EXPECT_EQ(reporter.condition(now), Condition::asked_to_wait);
}

// ---------------------------------------------------------------- its beginning

TEST_F(ReporterTrouble, AFailureOfAProbeIsTheDestinationsHoweverTheMessageFails) {
  accept_one();
  send_one(verdict(Verdict::Kind::unreachable));
  wait_for_the_next_attempt();
  send_one(verdict(Verdict::Kind::retry));
  EXPECT_EQ(reporter.memory().failures, 2);
}

TEST_F(ReporterTrouble, AMessagesOwnWaitDoublesWithItsAttempts) {
  accept_one();
  queue(1);
  lease(1, false, 3);
  reply(verdict(Verdict::Kind::retry));
  EXPECT_EQ(take<output::Defer>().at(0).due, now + seconds(4));
  EXPECT_EQ(reporter.wake_at(), now + seconds(4));
}

TEST_F(ReporterTrouble, ARequestToWaitThatNamesNoTimeIsAFailure) {
  send_one(verdict(Verdict::Kind::retry_after));
  EXPECT_EQ(reporter.condition(now), Condition::unreachable);
  EXPECT_EQ(reporter.memory().failures, 1);
}

TEST_F(ReporterTrouble, AShortRetryAfterOfAnOlderRequestDoesNotCutALongerWait) {
  const auto sent = two_out();
  answer(sent[0], verdict(Verdict::Kind::unreachable));
  answer(sent[1], verdict(Verdict::Kind::retry_after, seconds(10)));
  EXPECT_EQ(reporter.memory().next_attempt, now + seconds(30));
}

TEST_F(ReporterTrouble, ARetryAfterThatIsInForceIsNotHeardTwice) {
  const auto sent = two_out();
  answer(sent[0], verdict(Verdict::Kind::retry_after, seconds(90)));
  EXPECT_EQ(take<output::Failed>().size(), 1U);
  answer(sent[1], verdict(Verdict::Kind::retry_after, seconds(90)));
  EXPECT_TRUE(take<output::Failed>().empty());
}

TEST_F(ReporterTrouble, ARefusedKeyOfAnOlderRequestSaysNothingNew) {
  const auto sent = two_out();
  answer(sent[0], verdict(Verdict::Kind::unreachable));
  answer(sent[1], verdict(Verdict::Kind::auth_problem));
  EXPECT_EQ(reporter.condition(now), Condition::unreachable);
  EXPECT_EQ(reporter.memory().next_attempt, now + seconds(30));
}

TEST_F(ReporterTrouble, AWrongUrlDiscardsNothingAndIsTriedAgainAtTheCap) {
  send_one(verdict(Verdict::Kind::config_problem));
  EXPECT_EQ(reporter.condition(now), Condition::config_problem);
  EXPECT_TRUE(take<output::Settle>().empty());
  EXPECT_EQ(*reporter.wake_at() - now, settings.retry.cap / 2);
  EXPECT_EQ(take<output::Failed>().size(), 1U);
}

TEST_F(ReporterTrouble, WhoRejectsEverythingIsBelievedNothingUntilHeAccepts) {
  for (int i = 0; i < 3; ++i) {
    send_one(verdict(Verdict::Kind::rejected));
  }
  take<output::Settle>();
  take<output::Defer>();
  wait_for_the_next_attempt();
  take<output::AskLease>();
  lease(1, true);
  reply(verdict(Verdict::Kind::rejected));
  EXPECT_TRUE(take<output::Settle>().empty());
  EXPECT_EQ(take<output::Defer>().at(0).due, now);
  EXPECT_EQ(reporter.condition(now), Condition::config_problem);
  EXPECT_EQ(*reporter.wake_at() - now, settings.retry.cap / 2);
}

TEST_F(ReporterTrouble, AMessageThatIsRejectedTwiceIsOneOfTheThree) {
  for (int i = 0; i < 4; ++i) {
    next_seq = 1 + i % 2;
    send_one(verdict(Verdict::Kind::rejected));
  }
  EXPECT_EQ(take<output::Settle>().size(), 4U);
  EXPECT_TRUE(take<output::Requeue>().empty());
  next_seq = 3;
  send_one(verdict(Verdict::Kind::rejected));
  EXPECT_EQ(take<output::Requeue>().size(), 1U);
}

TEST_F(ReporterTrouble, EachRejectionBeforeAnySuccessIsRemembered) {
  send_one(verdict(Verdict::Kind::rejected));
  ASSERT_EQ(take<output::Remember>().size(), 1U);
  EXPECT_EQ(reporter.memory().rejected_in_row, std::vector<Seq>{1});
  send_one(verdict(Verdict::Kind::delivered));
  EXPECT_TRUE(reporter.memory().rejected_in_row.empty());
}

TEST_F(ReporterTrouble, WhatIsBelievedIsForgottenAndTheRestRemembered) {
  send_one(verdict(Verdict::Kind::rejected));
  send_one(verdict(Verdict::Kind::rejected));
  log.clear();
  step(input::Believed{{7}});
  EXPECT_TRUE(take<output::Remember>().empty()) << "it is none of them";
  step(input::Believed{{1}});
  EXPECT_EQ(take<output::Remember>().size(), 1U);
  EXPECT_EQ(reporter.memory().rejected_in_row, std::vector<Seq>{2});
}

TEST_F(ReporterTrouble, ACancelledMessageMayBeSentAgainAtOnce) {
  queue(1);
  lease(1);
  step(input::Recalled{});
  reply(verdict(Verdict::Kind::cancelled));
  EXPECT_EQ(take<output::Defer>().at(0).due, now);
  EXPECT_EQ(take<output::AskLease>().size(), 2U);
}

// ---------------------------------------------------------------- what is remembered

TEST_F(ReporterTrouble, ASuccessIsRememberedOnceAMinute) {
  accept_one();
  now += remember_success_every - Millis(1);
  send_one(verdict(Verdict::Kind::delivered));
  EXPECT_TRUE(take<output::Remember>().empty());
  now += Millis(1);
  send_one(verdict(Verdict::Kind::delivered));
  EXPECT_EQ(take<output::Remember>().size(), 1U);
  send_one(verdict(Verdict::Kind::delivered));
  EXPECT_TRUE(take<output::Remember>().empty());
}

TEST_F(ReporterTrouble, ASuccessAfterTroubleAndTheFirstOneAreRememberedAtOnce) {
  accept_one();
  send_one(verdict(Verdict::Kind::unreachable));
  now += seconds(30);
  step(input::Woke{});
  take<output::Remember>();
  send_one(verdict(Verdict::Kind::delivered));
  EXPECT_EQ(take<output::Remember>().size(), 1U);
  use_other("https://b");
  send_one(verdict(Verdict::Kind::delivered));
  EXPECT_EQ(take<output::Remember>().size(), 1U);
}

// ---------------------------------------------------------------- another destination

TEST_F(ReporterTrouble, FailuresOfOneDestinationDoNotCountForTheNext) {
  accept_one();
  for (int i = 0; i < 4; ++i) {
    queue(1);
    lease(1);
    reply(verdict(Verdict::Kind::retry));
  }
  use_other("https://b");
  queue(1);
  lease(1);
  reply(verdict(Verdict::Kind::retry));
  EXPECT_EQ(reporter.memory().failures, 0);
}

TEST_F(ReporterTrouble, ASuccessEndsARowOfFailures) {
  accept_one();
  for (int i = 0; i < 8; ++i) {
    queue(1);
    lease(1);
    reply(verdict(i == 4 ? Verdict::Kind::delivered : Verdict::Kind::retry));
  }
  EXPECT_EQ(reporter.memory().failures, 0);
}

TEST_F(ReporterTrouble, ANetworkThatIsBackIsTriedWithTheNextDestinationAsWell) {
  send_one(verdict(Verdict::Kind::unreachable));
  step(input::NetworkChanged{});
  use_other("https://b");
  lease(0, true);
  lease(1);
  reply(verdict(Verdict::Kind::unreachable));
  EXPECT_EQ(reporter.memory().failures, 1) << "that was no free probe";
  log.clear();
  step(input::NetworkChanged{});
  EXPECT_EQ(take<output::AskLease>().size(), 1U);
}

TEST_F(ReporterTrouble, OnlyAnotherDestinationOrNoneCallsBackWhatIsOut) {
  queue(1);
  lease(1);
  step(input::DestinationChanged{true, reporter.memory(), settings});
  EXPECT_TRUE(take<output::CancelSend>().empty());
  step(input::DestinationChanged{false, reporter.memory(), settings});
  EXPECT_EQ(take<output::CancelSend>().size(), 1U);
  use_other("https://b");
  EXPECT_EQ(take<output::CancelSend>().size(), 1U);
}

// ---------------------------------------------------------------- what may help

TEST_F(ReporterTrouble, ANewRouteIsTriedWithinAFewSeconds) {
  send_one(verdict(Verdict::Kind::unreachable));
  entropy.value = 3000;
  step(input::NetworkChanged{});
  EXPECT_EQ(reporter.memory().next_attempt, now + seconds(3));
  EXPECT_EQ(reporter.wake_at(), now + seconds(3));
}

TEST_F(ReporterTrouble, ANewRouteIsTriedAgainAfterFiveMinutes) {
  send_one(verdict(Verdict::Kind::unreachable));
  for (int i = 0; i < 6; ++i) {  // the wait is an hour or so by then
    wait_for_the_next_attempt();
    send_one(verdict(Verdict::Kind::unreachable));
  }
  step(input::NetworkChanged{});
  send_one(verdict(Verdict::Kind::unreachable));
  log.clear();
  now += network_probe_every - Millis(1);
  step(input::NetworkChanged{});
  EXPECT_TRUE(take<output::AskLease>().empty());
  now += Millis(1);
  step(input::NetworkChanged{});
  EXPECT_EQ(take<output::AskLease>().size(), 1U);
}

TEST_F(ReporterTrouble, AProbeThatIsNotEarlierThanTheScheduleIsNoFreeOne) {
  send_one(verdict(Verdict::Kind::unreachable));
  now = *reporter.wake_at() - seconds(2);
  entropy.value = 2000;
  step(input::NetworkChanged{});
  wait_for_the_next_attempt();
  send_one(verdict(Verdict::Kind::unreachable));
  EXPECT_EQ(reporter.memory().failures, 2);
}

TEST_F(ReporterTrouble, ANewRouteOrKeyChangesNothingWhileNothingIsQueued) {
  send_one(verdict(Verdict::Kind::unreachable));
  const Instant next = reporter.memory().next_attempt;
  snapshot.ledger.queued = 0;
  step(input::Committed{snapshot});
  step(input::NetworkChanged{});
  step(input::SecretChanged{});
  EXPECT_EQ(reporter.memory().next_attempt, next);
}

TEST_F(ReporterTrouble, ANewKeyIsTriedWithinAFewSecondsAndNeverLater) {
  send_one(verdict(Verdict::Kind::auth_problem));
  entropy.value = 3000;
  step(input::SecretChanged{});
  EXPECT_EQ(reporter.memory().next_attempt, now + seconds(3));
  now += seconds(1);
  step(input::SecretChanged{});
  EXPECT_EQ(reporter.memory().next_attempt, now + seconds(2));
}

TEST_F(ReporterTrouble, ANewKeyDoesNotHelpAgainstAWrongUrlOrARequestToWait) {
  send_one(verdict(Verdict::Kind::config_problem));
  step(input::SecretChanged{});
  EXPECT_EQ(reporter.memory().next_attempt, now + settings.retry.cap / 2);
  use_other("https://b");
  lease(0, true);
  send_one(verdict(Verdict::Kind::retry_after, hours(1)));
  step(input::SecretChanged{});
  EXPECT_EQ(reporter.memory().next_attempt, now + hours(1));
}

}  // namespace
}  // namespace reporterd
