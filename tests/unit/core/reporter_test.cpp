// The Reporter: what it sends, and what becomes of messages.
#include "daemon/core/reporter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "daemon/core/limits.h"
#include "tests/unit/core/reporter_fixture.h"

namespace reporterd {
namespace {

using std::chrono::hours;

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

TEST_F(ReporterTest, NamesNoNextAttemptWhileTheOnlyMessageIsOut) {
  queue(1);
  lease(1);
  EXPECT_EQ(reporter.next_attempt(), std::nullopt);
  reply(verdict(Verdict::Kind::unreachable));
  EXPECT_EQ(reporter.next_attempt(), reporter.memory().next_attempt);
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

TEST_F(ReporterTest, ARefusedBatchOfBeforeAReloadIsSplitIntoBatchesOfTheNewSize) {
  settings.batch = 8;
  settings.in_flight = 1;
  step(input::DestinationChanged{true, reporter.memory(), settings});
  for (int i = 0; i < 3; ++i) {
    accept_one();
  }
  queue(8);
  lease(8);
  const auto before = take<output::StartSend>();
  ASSERT_EQ(before.size(), 1U);
  ASSERT_EQ(before[0].messages.size(), 8U);
  settings.batch = 3;
  step(input::DestinationChanged{true, reporter.memory(), settings});
  step(input::Replied{before[0].id, before[0].messages, {8, verdict(Verdict::Kind::rejected)}});
  std::size_t sent = 0;
  for (auto now_sent = take<output::StartSend>(); !now_sent.empty();
       now_sent = take<output::StartSend>()) {
    const auto messages = now_sent[0].messages;
    EXPECT_LE(messages.size(), 3U);
    sent += messages.size();
    step(input::Replied{
        now_sent[0].id, messages, {messages.size(), verdict(Verdict::Kind::delivered)}});
  }
  EXPECT_EQ(sent, 8U);
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

TEST_F(ReporterTest, WhatIsQueuedWhileALeaseIsAskedForIsAskedForNext) {
  queue(1);
  ASSERT_EQ(take<output::AskLease>().size(), 1U);
  queue(1);
  lease(1);  // says that there is no more: it did not see the second
  reply(verdict(Verdict::Kind::delivered));
  EXPECT_EQ(take<output::AskLease>().size(), 1U);
}

TEST_F(ReporterTest, ALeaseAskedForBeforeARecallIsGivenBack) {
  queue(2);
  step(input::Recalled{});
  lease(2);
  EXPECT_TRUE(take<output::StartSend>().empty());
  ASSERT_EQ(take<output::Release>().size(), 1U);
}

TEST_F(ReporterTest, ASuccessOfAnOlderRequestDoesNotEndARetryAfter) {
  accept_one();
  accept_one();
  queue(8);
  lease(4);
  const auto sent = take<output::StartSend>();
  ASSERT_GE(sent.size(), 2U);
  step(input::Replied{
      sent[0].id, sent[0].messages, {verdict(Verdict::Kind::retry_after, hours(1))}});
  step(input::Replied{sent[1].id, sent[1].messages, {verdict(Verdict::Kind::delivered)}});
  EXPECT_EQ(reporter.condition(now), Condition::asked_to_wait);
  EXPECT_EQ(*reporter.wake_at() - now, hours(1));
}

TEST_F(ReporterTest, ARetryAfterIsHeededFromARequestThatIsOlderThanTheTrouble) {
  accept_one();
  accept_one();
  queue(8);
  lease(4);
  const auto sent = take<output::StartSend>();
  ASSERT_GE(sent.size(), 2U);
  step(input::Replied{sent[0].id, sent[0].messages, {verdict(Verdict::Kind::unreachable)}});
  step(input::Replied{
      sent[1].id, sent[1].messages, {verdict(Verdict::Kind::retry_after, hours(1))}});
  EXPECT_EQ(reporter.memory().retry_after_until, now + hours(1));
}

TEST_F(ReporterTest, ACancelledRequestCountsAsAnAttemptSinceItMayHaveArrived) {
  queue(1);
  lease(1);
  step(input::Recalled{});
  reply(verdict(Verdict::Kind::cancelled));
  EXPECT_EQ(take<output::Defer>().size(), 1U);
  EXPECT_TRUE(take<output::Release>().empty());
}

TEST_F(ReporterTest, AfterAWithdrawalNoRejectionIsTakenBack) {
  queue(5);
  for (int i = 0; i < 2; ++i) {
    lease(1, true);
    reply(verdict(Verdict::Kind::rejected));
  }
  step(input::Believed{{1, 2}});
  lease(1, true);
  reply(verdict(Verdict::Kind::rejected));
  EXPECT_TRUE(take<output::Requeue>().empty());
}

TEST_F(ReporterTest, AChangedCertificateIsTriedAtOnceAlsoWhenTheEndpointCouldNotBeReached) {
  queue(1);
  lease(1);
  reply(verdict(Verdict::Kind::unreachable));
  log.clear();
  step(input::SecretChanged{});
  EXPECT_EQ(take<output::AskLease>().size(), 1U);
}

}  // namespace
}  // namespace reporterd
