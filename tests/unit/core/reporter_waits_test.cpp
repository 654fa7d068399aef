// The Reporter: when it sends, and when it waits.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/unit/core/reporter_fixture.h"

namespace reporterd {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

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

TEST_F(ReporterTest, AProbeOfANewDefaultRouteThatIsAskedToWaitLeavesNoSecondFreeAttempt) {
  queue(1);
  lease(1);
  reply(verdict(Verdict::Kind::unreachable));
  step(input::NetworkChanged{});
  now = *reporter.wake_at();
  step(input::Woke{});
  lease(1);
  reply(verdict(Verdict::Kind::retry_after, hours(1)));
  now = *reporter.wake_at();
  step(input::Woke{});
  lease(1);
  reply(verdict(Verdict::Kind::unreachable));
  EXPECT_GE(*reporter.wake_at() - now, settings.retry.base / 2);
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

TEST_F(ReporterTest, TheNoticePeriodIsOverAtItsTimeWithoutAnybodyWaking) {
  step(input::NoticeChanged{now + hours(24)});
  EXPECT_EQ(reporter.wake_at(), std::nullopt);  // nothing waits for its end
  EXPECT_EQ(reporter.notice_until(now), now + hours(24));
  now += hours(24);
  EXPECT_EQ(reporter.condition(now), Condition::idle);
  EXPECT_EQ(reporter.notice_until(now), std::nullopt);
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

}  // namespace
}  // namespace reporterd
