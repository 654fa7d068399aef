// The Reporter: what it asks the outbox for, and how much it holds at once.
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "daemon/core/limits.h"
#include "tests/unit/core/reporter_fixture.h"

namespace reporterd {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class ReporterLease : public ReporterTest {
 protected:
  void use(std::size_t in_flight, std::size_t batch) {
    settings.in_flight = in_flight;
    settings.batch = batch;
    step(input::DestinationChanged{true, reporter.memory(), settings});
  }
  // The last lease that was asked for since the last look; limit 0: none was.
  LeaseWish wish() {
    const auto asked = take<output::AskLease>();
    return asked.empty() ? LeaseWish{} : asked.back().wish;
  }
  void answer(const output::StartSend& send, Verdict::Kind kind) {
    step(input::Replied{send.id, send.messages, {send.messages.size(), verdict(kind)}});
  }
};

TEST_F(ReporterLease, AsksForTwiceWhatItMaySendNextAndAsManyAgain) {
  queue(1000);
  const LeaseWish first = wish();
  EXPECT_EQ(first.now, now);
  EXPECT_EQ(first.limit, 4U);
  EXPECT_EQ(first.bytes, leased_bytes_max);
  EXPECT_FALSE(first.least_attempted);
  EXPECT_FALSE(first.ignore_due);
  lease(3, true);
  EXPECT_EQ(wish().limit, 0U) << "two are ready";
  reply(verdict(Verdict::Kind::delivered));
  EXPECT_EQ(wish().limit, 8U) << "two at once by now";
}

TEST_F(ReporterLease, NeverAsksForMoreThanTheLimit) {
  use(1000, 1000);
  for (int i = 0; i < 9; ++i) {
    accept_one();
  }
  queue(10'000);
  EXPECT_EQ(wish().limit, lease_limit);
}

TEST_F(ReporterLease, WhatItHoldsCountsAgainstTheBytesUntilItIsAnswered) {
  queue(1000);
  wish();
  lease(1, true, 0, 100);
  EXPECT_EQ(wish().bytes, leased_bytes_max - 100);
  lease(1, true, 0, 30);
  EXPECT_EQ(wish().bytes, leased_bytes_max - 130);
  reply(verdict(Verdict::Kind::delivered));
  lease(0, true);
  EXPECT_EQ(wish().bytes, leased_bytes_max - 30);
}

TEST_F(ReporterLease, WhatItPutsBackCountsNoLonger) {
  queue(1000);
  wish();
  lease(3, false, 0, 100);
  step(input::PauseAsked{});
  EXPECT_EQ(take<output::Release>().at(0).seqs, (std::vector<Seq>{2, 3}));
  step(input::ResumeAsked{});
  EXPECT_EQ(wish().bytes, leased_bytes_max - 100) << "and may be leased again";
}

TEST_F(ReporterLease, WithItsBytesUsedUpItWaitsForAReply) {
  accept_one();
  queue(1000);
  lease(1, true, 0, leased_bytes_max);
  log.clear();
  EXPECT_EQ(reporter.in_flight(), 1U);
  EXPECT_EQ(reporter.next_attempt(), std::nullopt) << "though two requests may be out";
  step(input::Woke{});
  EXPECT_EQ(wish().limit, 0U);
}

TEST_F(ReporterLease, ACommitThatBringsNothingNewBringsNoLease) {
  queue(2);
  lease(1);
  log.clear();
  snapshot.ledger.delivered += 1;
  step(input::Committed{snapshot});
  EXPECT_EQ(wish().limit, 0U);
  snapshot.ledger.held += 1;
  step(input::Committed{snapshot});
  EXPECT_EQ(wish().limit, 0U) << "what is held is not leasable";
  snapshot.ledger.held -= 1;
  step(input::Committed{snapshot});
  EXPECT_NE(wish().limit, 0U) << "what is held no longer is";
  lease(0);
  snapshot.ledger.requeued += 1;
  step(input::Committed{snapshot});
  EXPECT_NE(wish().limit, 0U) << "what is queued again is";
  lease(0);
  step(input::Rewritten{});
  EXPECT_NE(wish().limit, 0U);
}

TEST_F(ReporterLease, AsksForOneMessageWhenOneIsThere) {
  queue(1);
  EXPECT_NE(wish().limit, 0U);
}

TEST_F(ReporterLease, AMessageThatWaitsIsAskedForAtItsTime) {
  queue(1);
  wish();
  step(input::Leased{{{}, now + seconds(10), false}});
  EXPECT_EQ(reporter.wake_at(), now + seconds(10));
  EXPECT_EQ(reporter.condition(now), Condition::waiting);
  now += seconds(10) - Millis(1);
  step(input::Woke{});
  EXPECT_EQ(wish().limit, 0U);
  now += Millis(1);
  step(input::Woke{});
  EXPECT_NE(wish().limit, 0U);
  EXPECT_EQ(reporter.next_attempt(), std::nullopt) << "while that is asked for";
  lease(0);
  EXPECT_EQ(reporter.next_attempt(), std::nullopt) << "and then none is known to wait";
}

TEST_F(ReporterLease, AMessageThatFailsWhileALeaseIsAskedForIsNotForgotten) {
  accept_one();
  queue(2);
  lease(1, true);
  wish();
  reply(verdict(Verdict::Kind::retry));
  lease(0);
  EXPECT_EQ(reporter.wake_at(), now + Millis(500));
}

TEST_F(ReporterLease, WhatIsLeasedWhenNothingMayBeSentIsPutBack) {
  queue(2);
  step(input::PauseAsked{});
  lease(2);
  EXPECT_TRUE(take<output::StartSend>().empty());
  EXPECT_EQ(take<output::Release>().at(0).seqs, (std::vector<Seq>{1, 2}));
}

TEST_F(ReporterLease, OnlyTheLeaseOfBeforeARecallIsPutBack) {
  queue(2);
  step(input::Recalled{});
  lease(2);
  take<output::Release>();
  EXPECT_NE(wish().limit, 0U);
  lease(2);
  EXPECT_EQ(take<output::StartSend>().size(), 1U);
  step(input::Recalled{});
  EXPECT_EQ(take<output::Release>().at(0).seqs.size(), 1U) << "what was ready";
  EXPECT_EQ(take<output::CancelSend>().size(), 1U) << "what was out";
}

TEST_F(ReporterLease, AFlushAsksForWhatWaitsOnce) {
  queue(2);
  lease(1);
  wish();
  step(input::FlushAsked{false});
  EXPECT_TRUE(wish().ignore_due);
  lease(0, true);
  EXPECT_FALSE(wish().ignore_due);
}

TEST_F(ReporterLease, AFlushWhoseRequestFailsIsOver) {
  queue(2);
  lease(1);
  reply(verdict(Verdict::Kind::unreachable));
  now = *reporter.wake_at();
  step(input::Woke{});
  lease(1, true);
  step(input::FlushAsked{false});  // one probe is out: nothing is asked for
  reply(verdict(Verdict::Kind::unreachable));
  log.clear();
  now = *reporter.wake_at();
  step(input::Woke{});
  EXPECT_FALSE(wish().ignore_due);
}

TEST_F(ReporterLease, AFlushAtTheEndOfARetryAfterIsHeeded) {
  queue(1);
  lease(1);
  reply(verdict(Verdict::Kind::retry_after, seconds(90)));
  log.clear();
  now += seconds(90);
  step(input::FlushAsked{false});
  EXPECT_TRUE(wish().ignore_due);
}

TEST_F(ReporterLease, MoreThatIsTooOldIsAskedForAtOnce) {
  step(input::PauseAsked{});
  queue(1);
  EXPECT_EQ(reporter.wake_at(), now + settings.max_age);
  now += settings.max_age;
  step(input::Woke{});
  ASSERT_EQ(take<output::Expire>().size(), 1U);
  EXPECT_EQ(reporter.wake_at(), std::nullopt) << "while that is under way";
  step(input::Expired{true});
  EXPECT_EQ(take<output::Expire>().size(), 1U);
  step(input::Expired{false});
  EXPECT_TRUE(take<output::Expire>().empty());
  EXPECT_EQ(reporter.wake_at(), now + expire_again_after);
}

TEST_F(ReporterLease, RequestsAndBatchesAreAtLeastOneEach) {
  use(0, 0);
  accept_one();
  queue(10);
  lease(10);
  EXPECT_EQ(reporter.in_flight(), 1U);
  EXPECT_EQ(take<output::StartSend>().at(0).messages.size(), 1U);
}

TEST_F(ReporterLease, BatchesDoubleFromOneToTheirLimit) {
  use(1, 5);
  queue(100);
  lease(50, true);
  for (const std::size_t wanted : {1U, 2U, 4U, 5U, 5U}) {
    const auto sent = take<output::StartSend>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].messages.size(), wanted);
    answer(sent[0], Verdict::Kind::delivered);
  }
}

TEST_F(ReporterLease, OtherSettingsBeginWithOneMessageAgain) {
  use(8, 8);
  accept_one();
  accept_one();
  use(8, 8);
  queue(100);
  lease(50, true);
  const auto sent = take<output::StartSend>();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].messages.size(), 1U);
}

TEST_F(ReporterLease, ARefusedBatchIsHalvedInItsOrder) {
  use(1, 5);
  for (int i = 0; i < 3; ++i) {
    accept_one();
  }
  queue(5);
  next_seq = 11;
  lease(5);
  auto sent = take<output::StartSend>();
  ASSERT_EQ(sent.at(0).messages.size(), 5U);
  answer(sent[0], Verdict::Kind::too_large);
  EXPECT_TRUE(take<output::Settle>().empty());
  sent = take<output::StartSend>();
  ASSERT_EQ(sent.at(0).messages.size(), 2U);
  EXPECT_EQ(sent[0].messages[0].seq, 11);
  EXPECT_EQ(reporter.next_attempt(), std::nullopt);
  answer(sent[0], Verdict::Kind::rejected);
  for (const Seq seq : {11, 12}) {
    sent = take<output::StartSend>();
    ASSERT_EQ(sent.at(0).messages.size(), 1U) << "two are halved, too";
    EXPECT_EQ(sent[0].messages[0].seq, seq);
    answer(sent[0], Verdict::Kind::delivered);
  }
  sent = take<output::StartSend>();
  ASSERT_EQ(sent.at(0).messages.size(), 3U);
  EXPECT_EQ(sent[0].messages[0].seq, 13);
}

TEST_F(ReporterLease, ABatchOfWhichSomeIsAcceptedIsNotSplit) {
  use(1, 2);
  accept_one();
  queue(2);
  lease(2);
  const auto sent = take<output::StartSend>();
  ASSERT_EQ(sent.at(0).messages.size(), 2U);
  step(input::Replied{sent[0].id,
                      sent[0].messages,
                      {verdict(Verdict::Kind::rejected), verdict(Verdict::Kind::delivered)}});
  EXPECT_EQ(take<output::Settle>().size(), 2U);
}

TEST_F(ReporterLease, HalvesThatWaitArePutBackWithTheOthersAndTheirBytes) {
  use(1, 2);
  accept_one();
  queue(1000);
  next_seq = 11;
  lease(3, true, 0, 100);
  const auto sent = take<output::StartSend>();
  answer(sent.at(0), Verdict::Kind::rejected);  // one half is out, the other and one more wait
  lease(0);
  log.clear();
  step(input::PauseAsked{});
  EXPECT_EQ(take<output::Release>().at(0).seqs, (std::vector<Seq>{13, 12}));
  step(input::ResumeAsked{});
  EXPECT_EQ(wish().bytes, leased_bytes_max - 100);
}

TEST_F(ReporterLease, RequestsThatHangKeepTheirPlaces) {
  use(2, 1);
  accept_one();
  queue(8);
  lease(4, true);
  const auto sent = take<output::StartSend>();
  ASSERT_EQ(sent.size(), 2U);
  step(input::Recalled{});
  EXPECT_EQ(reporter.next_attempt(), std::nullopt);
  lease(0, true);
  lease(4, true);
  EXPECT_TRUE(take<output::StartSend>().empty());
  answer(sent[0], Verdict::Kind::cancelled);
  EXPECT_EQ(take<output::StartSend>().size(), 1U);
}

}  // namespace
}  // namespace reporterd
