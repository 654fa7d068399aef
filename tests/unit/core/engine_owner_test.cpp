// The Engine: flush, pause, resume and the notice period.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/core/engine_fixture.h"

namespace reporterd {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class EngineOwner : public EngineTest {
 protected:
  // What a flush is refused with now; consent_off's words begin with "telemetry".
  Error refusal(bool force = false) {
    outcomes.clear();
    flush(true, force);
    if (outcomes.size() != 1 || outcomes[0].has_value()) {
      return {ErrorCode::invalid, "it was not refused"};
    }
    return outcomes[0].error();
  }
  void pause(std::optional<Millis> length) {
    engine->pause(length, [this](Result<std::optional<Instant>> until) {
      paused_until = until.has_value() ? *until : instant_at(-1);
    });
  }
  void resume() {
    engine->resume([this](Status status) { resumed = status.has_value(); });
  }

  std::optional<Instant> paused_until = instant_at(-2);
  bool resumed = false;
};

// ---------------------------------------------------------------- flush

TEST_F(EngineOwner, AFlushIsRefusedWithTheReason) {
  use("https://a");
  settle();
  Error error = refusal();
  EXPECT_EQ(error.code, ErrorCode::consent_off);
  EXPECT_EQ(error.what, "telemetry is switched off; nothing is sent");
  begin();
  pause(std::nullopt);
  error = refusal();
  EXPECT_EQ(error.code, ErrorCode::not_possible);
  EXPECT_TRUE(error.what.starts_with("sending is paused"));
  engine->use_destination(nullptr, settings);
  error = refusal();
  EXPECT_EQ(error.code, ErrorCode::not_possible);
  EXPECT_TRUE(error.what.starts_with("no destination.url"));
  engine->stop();
  error = refusal();
  EXPECT_EQ(error.code, ErrorCode::unavailable);
  EXPECT_EQ(error.what, "reporterd is stopping");
}

TEST_F(EngineOwner, AFlushAgainstAnEndpointThatRefusesOurKeyIsRefused) {
  begin();
  append_and_settle("one");
  reply(401);
  settle();
  const Error error = refusal();
  EXPECT_EQ(error.code, ErrorCode::not_possible);
  EXPECT_NE(error.what.find("HTTP 401"), std::string::npos);
  EXPECT_TRUE(sent.empty());
}

TEST_F(EngineOwner, AFlushHeedsARetryAfterUnlessItIsForced) {
  begin();
  append_and_settle("one");
  reply(429);
  settle();
  flush(false);
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0]->kind, FlushOutcome::Kind::unreachable);
  EXPECT_EQ(outcomes[0]->settled, 0);
  EXPECT_EQ(outcomes[0]->still_queued, 1);
  EXPECT_NE(outcomes[0]->why.find("HTTP 429"), std::string::npos);
  settle();
  EXPECT_TRUE(sent.empty());
  flush(false, true);
  settle();
  EXPECT_EQ(sent.size(), 1U);
}

TEST_F(EngineOwner, AFlushOfNothingIsAnsweredAtOnce) {
  begin();
  flush(true);
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0]->kind, FlushOutcome::Kind::nothing);
}

TEST_F(EngineOwner, AFlushThatDoesNotWaitSaysHowManyAreQueued) {
  begin();
  append("one");
  append_and_settle("two");
  flush(false);
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0]->kind, FlushOutcome::Kind::started);
  EXPECT_EQ(outcomes[0]->settled, 0);
  EXPECT_EQ(outcomes[0]->still_queued, 2);
}

TEST_F(EngineOwner, AFlushThatWaitsIsDoneWhenAllOfItsTimeAreSettled) {
  begin();
  append("one");
  append_and_settle("two");
  flush(true);
  append("later");
  reply(201);
  settle();
  EXPECT_TRUE(outcomes.empty());
  reply(201);
  settle();
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0]->kind, FlushOutcome::Kind::done);
  EXPECT_EQ(outcomes[0]->settled, 2);
  EXPECT_EQ(outcomes[0]->still_queued, 0);
  EXPECT_EQ(engine->snapshot().ledger.queued, 1) << "what came later is not of it";
}

TEST_F(EngineOwner, AFlushThatWaitsGivesUpAtItsTimeAndSaysWhatIsLeft) {
  begin();
  append_and_settle("before");
  reply(201);
  settle();
  for (int i = 0; i < 3; ++i) {
    append("x");
  }
  settle();
  flush(true, false, seconds(30));
  EXPECT_EQ(timer, time + seconds(30));
  reply(201);
  settle();
  wake_after(seconds(30) - Millis(1));
  EXPECT_TRUE(outcomes.empty());
  wake_after(Millis(1));
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0]->kind, FlushOutcome::Kind::timed_out);
  EXPECT_EQ(outcomes[0]->settled, 1);
  EXPECT_EQ(outcomes[0]->still_queued, 2);
  EXPECT_FALSE(outcomes[0]->why.empty());
}

TEST_F(EngineOwner, AFlushThatWaitsHearsThatTheDestinationCannotBeReached) {
  begin();
  append_and_settle("one");
  flush(true);
  reply(0);
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0]->kind, FlushOutcome::Kind::unreachable);
  EXPECT_EQ(outcomes[0]->why, "no route");
  EXPECT_EQ(outcomes[0]->still_queued, 1);
}

TEST_F(EngineOwner, AFlushThatWaitsEndsWhenTelemetryIsSwitchedOffOrPaused) {
  begin();
  append_and_settle("one");
  flush(true);
  pause(std::nullopt);
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0]->why, "sending was paused meanwhile");
  resume();
  settle();
  flush(true);
  engine->set_consent(false);
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[1]->kind, FlushOutcome::Kind::timed_out);
  EXPECT_EQ(outcomes[1]->why, "telemetry was switched off");
}

TEST_F(EngineOwner, AFlushSendsNowWhatWaitsForItsOwnRetryAndForTheDestination) {
  begin();
  append_and_settle("one");
  reply(0);
  settle();
  flush(false);
  settle();
  EXPECT_EQ(sent.size(), 1U);
}

// ---------------------------------------------------------------- pause

TEST_F(EngineOwner, APauseIsOnDiskWhenItIsAnsweredAndSurvivesARestart) {
  begin();
  pause(minutes(5));
  EXPECT_EQ(paused_until, instant_at(-2)) << "not yet";
  EXPECT_EQ(engine->condition(), Condition::paused) << "but in force at once";
  settle();
  const Instant until = time + minutes(5);
  EXPECT_EQ(paused_until, until);
  time += minutes(1);
  start();
  begin();
  EXPECT_EQ(engine->condition(), Condition::paused);
  EXPECT_EQ(engine->reporter().paused_until(), until);
  append_and_settle("one");
  EXPECT_TRUE(sent.empty());
  wake_after(minutes(4));
  settle();
  EXPECT_EQ(sent.size(), 1U);
}

TEST_F(EngineOwner, APauseWithoutAnEndSurvivesARestartUntilItIsResumed) {
  begin();
  pause(std::nullopt);
  settle();
  EXPECT_EQ(paused_until, std::nullopt);
  start();
  begin();
  EXPECT_EQ(engine->condition(), Condition::paused);
  EXPECT_EQ(engine->reporter().paused_until(), std::nullopt);
  resume();
  EXPECT_EQ(engine->condition(), Condition::paused) << "until that is on disk";
  settle();
  EXPECT_TRUE(resumed);
  EXPECT_EQ(engine->condition(), Condition::idle);
  start();
  begin();
  EXPECT_EQ(engine->condition(), Condition::idle);
}

TEST_F(EngineOwner, WhoPausesAfterAResumeStaysPaused) {
  begin();
  pause(std::nullopt);
  resume();
  pause(minutes(5));
  settle();
  EXPECT_EQ(engine->condition(), Condition::paused);
  EXPECT_EQ(engine->reporter().paused_until(), time + minutes(5));
}

TEST_F(EngineOwner, APauseThatIsAskedForBeforeTheKeptOneIsReadCounts) {
  begin();
  pause(minutes(5));
  settle();
  start();
  use("https://a");
  engine->set_consent(true);
  resume();
  settle();
  EXPECT_EQ(engine->condition(), Condition::idle);
}

TEST_F(EngineOwner, APauseAndAResumeThatCannotBeWrittenAreAnsweredSo) {
  begin();
  pause(minutes(5));
  fail_commit();
  EXPECT_EQ(paused_until, instant_at(-1));
  resume();
  resumed = true;
  fail_commit();
  EXPECT_FALSE(resumed);
  EXPECT_EQ(engine->condition(), Condition::paused);
}

// ---------------------------------------------------------------- the notice period

TEST_F(EngineOwner, TheNoticePeriodCountsFromTheFirstStartHoweverOftenItIsStarted) {
  engine->set_notice_period(hours(24));
  begin();
  const Instant end = time + hours(24);
  EXPECT_EQ(engine->reporter().notice_until(time), end);
  time += hours(5);
  start();
  engine->set_notice_period(hours(24));
  EXPECT_EQ(engine->reporter().notice_until(time), time + hours(24)) << "until more is known";
  begin();
  EXPECT_EQ(engine->reporter().notice_until(time), end);
  append_and_settle("one");
  EXPECT_TRUE(sent.empty());
  wake_after(hours(19));
  settle();
  EXPECT_EQ(sent.size(), 1U);
}

TEST_F(EngineOwner, AFlushEndsTheNoticePeriodForGood) {
  engine->set_notice_period(hours(24));
  begin();
  append_and_settle("one");
  flush(false);
  settle();
  EXPECT_EQ(sent.size(), 1U);
  EXPECT_EQ(engine->condition(), Condition::sending);
  engine->set_notice_period(hours(48));
  EXPECT_EQ(engine->condition(), Condition::sending) << "also of another length";
  start();
  engine->set_notice_period(hours(24));
  begin();
  EXPECT_NE(engine->condition(), Condition::notice);
}

TEST_F(EngineOwner, AFlushEndsTheNoticePeriodAlsoWhileItsBeginningCannotBeRead) {
  append_and_settle("never");
  use("https://a");
  engine->set_consent(true);
  append_and_settle("one");
  engine->set_notice_period(hours(24));
  fail_commit();
  flush(false);
  EXPECT_EQ(engine->reporter().notice_until(time), std::nullopt);
  wake_after(seconds(60));
  settle();
  EXPECT_EQ(engine->reporter().notice_until(time), std::nullopt);
}

TEST_F(EngineOwner, AFlushOutsideOfTheNoticePeriodKeepsNothing) {
  begin();
  append_and_settle("one");
  flush(false);
  settle();
  EXPECT_EQ(outbox.get("notice"), std::nullopt);
}

TEST_F(EngineOwner, ANoticePeriodOfAnotherLengthCountsFromTheFirstStartAsWell) {
  engine->set_notice_period(hours(24));
  begin();
  const Instant first = time;
  time += hours(5);
  engine->set_notice_period(hours(10));
  EXPECT_EQ(engine->reporter().notice_until(time), first + hours(10));
}

}  // namespace
}  // namespace reporterd
