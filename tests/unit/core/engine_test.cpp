// The Engine: what it brings to the disk and onto the wire, and when.
#include "daemon/core/engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/limits.h"
#include "tests/unit/core/engine_fixture.h"

namespace reporterd {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST_F(EngineTest, AMessageIsAnsweredWhenItIsOnDiskAndSettledWhenItIsDelivered) {
  begin();
  append("one");
  EXPECT_EQ(answers, 0);
  settle();
  EXPECT_EQ(answers, 1);
  EXPECT_EQ(answer_of_last.value(), Appended::queued);
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].request.body, "one");
  reply(201);
  settle();
  EXPECT_EQ(state_of(1), State::delivered);
  EXPECT_EQ(engine->snapshot().ledger.delivered, 1);
}

TEST_F(EngineTest, NothingIsStoredWhileItIsSwitchedOff) {
  begin();
  engine->set_consent(false);
  append("one");
  ASSERT_EQ(answers, 1);
  EXPECT_EQ(answer_of_last.error().code, ErrorCode::consent_off);
  EXPECT_EQ(posted(), 0U);
}

TEST_F(EngineTest, AMessageThatCannotBeStoredIsAnsweredWithTheReason) {
  begin();
  append("one");
  fail_commit();
  ASSERT_EQ(answers, 1);
  EXPECT_EQ(answer_of_last.error().what, "the disk says no");
}

TEST_F(EngineTest, ADestinationThatIsTakenAwayAndComesBackIsStillLeftAlone) {
  begin();
  append_and_settle("one");
  reply(0);
  settle();
  ASSERT_EQ(engine->condition(), Condition::unreachable);
  engine->use_destination(nullptr, settings);
  EXPECT_EQ(engine->condition(), Condition::no_destination);
  use("https://a");
  settle();
  EXPECT_EQ(engine->condition(), Condition::unreachable);
  EXPECT_EQ(engine->reporter().memory().failures, 1);
}

TEST_F(EngineTest, AChangedKeyOfADestinationLeavesWhatIsKnownOfIt) {
  begin();
  append_and_settle("one");
  reply(0);
  settle();
  use("https://a");
  EXPECT_EQ(engine->condition(), Condition::unreachable) << "at once";
}

TEST_F(EngineTest, OfTwoDestinationsTheLaterOneIsInForce) {
  begin();
  use("https://b");
  use("https://c");
  settle();
  append_and_settle("one");
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].request.url, "https://c");
}

TEST_F(EngineTest, ARequestHoldsNoMoreMessagesThanTheDestinationTakes) {
  begin();
  settings.batch = 100;
  use("https://b", 2);
  settle();
  for (int i = 0; i < 6; ++i) {
    append("x");
  }
  settle();
  std::size_t most = 0;
  while (!sent.empty()) {
    most = std::max(most, sent[0].request.body.size());
    reply(201);
    settle();
  }
  EXPECT_EQ(most, 2U);
}

TEST_F(EngineTest, AReplyThatComesWhenTheDestinationIsGoneCountsAsAnAttempt) {
  begin();
  append_and_settle("one");
  engine->use_destination(nullptr, settings);
  ASSERT_TRUE(sent.at(0).cancelled);
  reply(201);
  settle();
  EXPECT_EQ(state_of(1), State::queued);
  EXPECT_EQ(outbox.find(1)->attempts, 1);
}

TEST_F(EngineTest, WokenTooEarlyItAsksToBeWokenAgain) {
  begin();
  append_and_settle("one");
  reply(0);
  settle();
  ASSERT_EQ(timer, time + settings.retry.base / 2);
  timer.reset();
  wake_after(seconds(1));
  EXPECT_EQ(timer, time - seconds(1) + settings.retry.base / 2);
}

TEST_F(EngineTest, TheTimerIsSetOnlyWhenItsTimeChanges) {
  begin();
  append_and_settle("one");
  reply(0);
  settle();
  const int before = armed;
  engine->recall();
  settle();
  EXPECT_EQ(armed, before);
}

TEST_F(EngineTest, NobodyNeedsToListen) {
  engine.reset();
  settle();
  start(EngineEvents{});
  begin();
  append_and_settle("one");
  reply(201);
  fail_commit();
  disk_full = true;
  wake_after(Millis(500));
  settle();
  EXPECT_EQ(state_of(1), State::delivered);
  engine->stop();
  EXPECT_EQ(engine->condition(), Condition::stopping);
}

TEST_F(EngineTest, EachChangeOfItsConditionIsToldOnce) {
  begin();
  conditions.clear();
  engine->set_consent(false);
  engine->set_consent(false);
  engine->set_consent(true);
  EXPECT_EQ(conditions, (std::vector{Condition::off, Condition::idle}));
}

TEST_F(EngineTest, VerdictsGatherWhileEarlierOnesAreOnTheirWayToTheDisk) {
  begin();
  for (int i = 0; i < 8; ++i) {
    append("x");
  }
  settle();
  while (sent.size() < 3) {
    reply(201);
    settle();
  }
  reply(201);
  const std::size_t with_one = posted();
  reply(201);
  EXPECT_EQ(posted(), with_one) << "the second waits for the first";
  reply(503);
  EXPECT_EQ(posted(), with_one + 1) << "what is to be sent again is written at once";
  settle();
  EXPECT_EQ(outbox.snapshot().ledger.queued + outbox.snapshot().ledger.delivered, 8);
  EXPECT_EQ(outbox.find(1)->state, State::delivered);
}

TEST_F(EngineTest, TheLastVerdictIsWrittenThoughNothingFollows) {
  begin();
  two_out();
  reply(201);
  reply(201);
  settle();
  EXPECT_EQ(outbox.snapshot().ledger.queued, 0);
}

TEST_F(EngineTest, AWorkSeesWhatWasLearntBeforeIt) {
  begin();
  two_out();
  reply(201);
  reply(201);
  State seen = State::queued;
  engine->run([&](Outbox& box) { seen = box.find(3)->state; }, nullptr);
  settle();
  EXPECT_EQ(seen, State::delivered);
}

TEST_F(EngineTest, ASettlementAloneBringsNoLease) {
  begin();
  two_out();
  reply(201);
  settle();
  reply(201);
  commit();
  EXPECT_EQ(posted(), 0U);
}

// ---------------------------------------------------------------- sources and withdrawals

TEST_F(EngineTest, ARejectionThatIsTakenBackDoesNotOpenAClosedSource) {
  begin();
  append_and_settle("of a Butler", "butler");
  append_and_settle("two");
  append_and_settle("three");
  reply(400);
  settle();
  ASSERT_EQ(state_of(1), State::rejected);
  engine->hold_source("butler");
  settle();
  while (engine->condition() != Condition::config_problem) {
    reply(sent.at(0).cancelled ? 0 : 400);
    settle();
  }
  EXPECT_EQ(state_of(1), State::held);
}

TEST_F(EngineTest, WhatIsAcceptedAfterAWithdrawalIsNotOfItThoughItIsTheSameMillisecond) {
  begin();
  const Instant first = engine->accept_time().observed;
  EXPECT_EQ(first, time);
  engine->withdraw(WithdrawScope{true, {}}, nullptr);
  EXPECT_EQ(engine->accept_time().observed, time + Millis(1));
  time -= seconds(1);
  EXPECT_EQ(engine->accept_time().observed, time + seconds(1) + Millis(1)) << "never earlier";
}

TEST_F(EngineTest, AWithdrawalCoversWhatWasAcceptedUntilItWasAskedFor) {
  begin();
  append_and_settle("one");
  bool answered = false;
  engine->withdraw(WithdrawScope{true, {}}, [&](Status status) { answered = status.has_value(); });
  EXPECT_TRUE(sent.at(0).cancelled);
  append("two");
  settle();
  EXPECT_TRUE(answered);
  EXPECT_EQ(state_of(1), State::withdrawn);
  EXPECT_EQ(state_of(2), State::queued);
}

TEST_F(EngineTest, AWithdrawnRejectionIsNotTakenBackInThisLifeEither) {
  begin_with_one_rejected();
  engine->withdraw(WithdrawScope{true, {}}, nullptr);
  settle();
  EXPECT_TRUE(engine->reporter().memory().rejected_in_row.empty());
}

TEST_F(EngineTest, AWithdrawalGoesOnInSlicesOneAfterTheOther) {
  begin();
  for (std::size_t i = 0; i < 2 * slice + 1; ++i) {
    append("x", i % 2 == 0 ? "a" : "b");
  }
  settle();
  engine->withdraw(WithdrawScope{false, "a"}, nullptr);
  engine->withdraw(WithdrawScope{false, "b"}, nullptr);
  commit();
  commit();
  EXPECT_EQ(outbox.snapshot().ledger.withdrawn, static_cast<std::int64_t>(slice));
  settle();
  EXPECT_EQ(outbox.snapshot().ledger.queued, 0);
  append_and_settle("x", "a");
  engine->withdraw(WithdrawScope{false, "a"}, nullptr);
  settle();
  EXPECT_EQ(outbox.snapshot().ledger.queued, 0) << "and the next one, too";
}

TEST_F(EngineTest, AWithdrawalGoesOnAfterACrashAndAfterAFailure) {
  begin();
  append_and_settle("one");
  outbox.begin_withdrawal(WithdrawScope{true, {}}, time);
  start();
  fail_commit();
  EXPECT_EQ(outbox.snapshot().ledger.withdrawn, 0);
  wake_after(Millis(500));
  settle();
  EXPECT_EQ(outbox.snapshot().ledger.withdrawn, 1);
}

TEST_F(EngineTest, MessagesExpireInSlices) {
  begin();
  engine->use_destination(nullptr, settings);
  for (std::size_t i = 0; i < slice + 1; ++i) {
    append("x");
  }
  settle();
  wake_after(settings.max_age + Millis(1));
  commit();
  EXPECT_EQ(outbox.snapshot().ledger.expired, static_cast<std::int64_t>(slice));
  settle();
  EXPECT_EQ(outbox.snapshot().ledger.queued, 0);
}

TEST_F(EngineTest, AMessageThatIsTooOldWhileItIsOutIsLeftAlone) {
  begin();
  append_and_settle("one");
  wake_after(settings.max_age + Millis(1));
  commit();
  EXPECT_EQ(posted(), 0U) << "it is not asked for over and over";
  EXPECT_EQ(state_of(1), State::queued);
}

// ---------------------------------------------------------------- its end

TEST_F(EngineTest, AStopIsOverWhenWhatIsOutIsBackAndWritten) {
  begin();
  append_and_settle("one");
  flush(true);
  engine->stop();
  EXPECT_FALSE(finished);
  EXPECT_TRUE(sent.at(0).cancelled);
  reply_cancelled();
  EXPECT_TRUE(finished);
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0]->kind, FlushOutcome::Kind::timed_out);
  EXPECT_EQ(outcomes[0]->why, "reporterd is stopping");
  EXPECT_EQ(engine->condition(), Condition::stopping);
  settle();
  EXPECT_EQ(outbox.find(1)->attempts, 1);
}

TEST_F(EngineTest, WhatIsLearntLastIsOnItsWayToTheDiskWhenAStopIsOver) {
  begin();
  two_out();
  reply(201);
  const std::size_t before = posted();
  engine->stop();
  reply(201);
  EXPECT_TRUE(finished);
  EXPECT_EQ(posted(), before + 1) << "though an earlier one is not there yet";
}

TEST_F(EngineTest, WhatIsOnItsWayToTheDiskIsAnsweredAlsoWhenTheEngineIsGone) {
  begin();
  append_and_settle("one");
  reply(201);
  append("two");
  bool ran = false;
  engine->run([](Outbox&) {}, [&](Status) { ran = true; });
  engine.reset();
  settle();
  EXPECT_EQ(answers, 2);
  EXPECT_FALSE(ran) << "its owner is gone as well";
  EXPECT_EQ(state_of(1), State::delivered);
}

}  // namespace
}  // namespace reporterd
