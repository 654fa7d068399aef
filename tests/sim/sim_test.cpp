// Small worlds with one story each: the Engine over the real store, told step by step. Each ends
// with the oracle's checks; the seeds of `sim` do the rest.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstddef>
#include <optional>
#include <string>

#include "tests/sim/sim_world.h"

namespace reporterd::sim {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(Simulation, OneSeedGivesOneTrace) {
  EXPECT_EQ(run_seed(7).trace, run_seed(7).trace);
  EXPECT_NE(run_seed(7).trace, run_seed(8).trace);
}

class Story : public testing::Test {
 protected:
  void begin() { world.emplace(1, plan); }

  void submit(int count) {
    for (int i = 0; i < count; ++i) {
      world->submit("14.0.0");
    }
  }

  Result<FlushOutcome> flush_and_wait(Millis longest) {
    std::optional<Result<FlushOutcome>> outcome;
    world->flush(false, true, [&](Result<FlushOutcome> answer) { outcome = std::move(answer); });
    if (!outcome) {
      world->run_for(longest);
    }
    return outcome ? *outcome : fail(ErrorCode::unavailable, "no answer");
  }

  void TearDown() override { EXPECT_EQ(world->violation().value_or(""), ""); }

  Plan plan;
  std::optional<World> world;
};

// Messages that wait, because the destination could not be reached.
class Backlog : public Story {
 protected:
  void begin_with_backlog(int count) {
    begin();
    world->set_weather(Weather::offline);
    submit(count);
    world->run_for(seconds(15));
    ASSERT_EQ(world->ledger().queued, count);
    ASSERT_EQ(world->engine().condition(), Condition::unreachable);
  }
};

TEST_F(Backlog, AFlushIsDoneWhenAllThatWasQueuedIsSettled) {
  begin_with_backlog(5);
  world->set_weather(Weather::fine);
  const auto outcome = flush_and_wait(seconds(20));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->kind, FlushOutcome::Kind::done);
  EXPECT_EQ(outcome->settled, 5);
  EXPECT_EQ(outcome->still_queued, 0);
}

TEST_F(Backlog, AFlushEndsAtTheFirstFailureOfTheDestination) {
  begin_with_backlog(5);
  const auto outcome = flush_and_wait(seconds(20));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->kind, FlushOutcome::Kind::unreachable);
  EXPECT_EQ(outcome->still_queued, 5);
}

TEST_F(Story, AFlushEndsAtItsTimeOut) {
  plan.delivery.retry.message_base = hours(1);
  begin();
  world->set_weather(Weather::failing);
  submit(1);
  world->run_for(seconds(1));
  const auto outcome = flush_and_wait(seconds(61));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->kind, FlushOutcome::Kind::timed_out);
  EXPECT_EQ(outcome->still_queued, 1);
}

TEST_F(Backlog, AFlushWhilePausedSaysSoAtOnce) {
  begin_with_backlog(1);
  world->pause(std::nullopt);
  const auto outcome = flush_and_wait(Millis(0));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::not_possible);
}

TEST_F(Story, NothingIsAcceptedWhileTelemetryIsOff) {
  begin();
  world->set_consent(false);
  std::optional<Result<Appended>> answer;
  world->engine().append(NewMessage{}, [&](Result<Appended> given) { answer = std::move(given); });
  ASSERT_TRUE(answer);
  ASSERT_FALSE(*answer);
  EXPECT_EQ(answer->error().code, ErrorCode::consent_off);
}

// Two messages that were rejected: with a third one it would be the destination, and they come
// back.
class Rejected : public Story {
 protected:
  void begin_with_rejections() {
    begin();
    world->set_weather(Weather::rejecting);
    submit_and_send(2);
    ASSERT_EQ(world->ledger().rejected, 2);
  }
  void submit_and_send(int count) {
    for (int i = 0; i < count; ++i) {
      world->submit("14.0.0", source_name(0));
    }
    world->run_for(seconds(1));
  }
  void expect_that_a_third_brings_both_back() {
    submit_and_send(1);
    EXPECT_EQ(world->ledger().requeued, 2);
  }
  void expect_that_a_third_brings_nothing_back() {
    submit_and_send(1);
    EXPECT_EQ(world->ledger().rejected, 3);
    EXPECT_EQ(world->ledger().requeued, 0);
  }
};

TEST_F(Rejected, AMessageComesBackWhenEveryOneIsRejected) {
  begin_with_rejections();
  expect_that_a_third_brings_both_back();
}

TEST_F(Rejected, NothingOfBeforeAnOffComesBackAlsoAfterACrash) {
  begin_with_rejections();
  world->set_consent(false);
  world->run_for(seconds(1));
  world->crash(false, seconds(1));
  world->set_consent(true);
  world->run_for(seconds(1));
  expect_that_a_third_brings_nothing_back();
}

TEST_F(Rejected, NothingOfBeforeTheSwitchOffOfItsButlerComesBack) {
  begin_with_rejections();
  world->set_switch(0, SourceSwitch::off);
  world->run_for(seconds(1));
  world->set_switch(0, SourceSwitch::on);
  expect_that_a_third_brings_nothing_back();
}

TEST_F(Rejected, TheSwitchOffOfAnotherButlerChangesNothingAlsoAfterARestart) {
  begin_with_rejections();
  world->set_switch(1, SourceSwitch::off);
  world->run_for(seconds(1));
  world->restart();
  world->run_for(seconds(1));
  expect_that_a_third_brings_both_back();
}

TEST_F(Story, WhileAVerdictCannotBeWrittenNoMoreMessagesAreLeased) {
  plan.disk_faults = true;
  plan.delivery.in_flight = 1;
  begin();
  submit(30);
  while (world->requests() < 3) {
    world->run_for(Millis(1));
  }
  world->set_disk_fault(DiskFault::full);
  world->run_for(minutes(5));
  EXPECT_LT(world->requests(), 12U);
  world->set_disk_fault(DiskFault::none);
  world->run_for(minutes(2));
  EXPECT_EQ(world->ledger().delivered, 30);
}

TEST_F(Story, ALimitThatIsReadWhileTheDiskFailsCountsOnceItWorks) {
  plan.disk_faults = true;
  begin();
  submit(3);
  world->run_for(seconds(1));
  ASSERT_EQ(world->ledger().delivered, 3);
  world->set_disk_fault(DiskFault::write_error);
  submit(1);
  world->run_for(seconds(1));
  world->fail_call({DiskCall::open, 0, EIO, true});
  StoreSettings small = plan.store;
  small.history_bytes = 0;
  world->reload(plan.delivery, false, small);
  world->run_for(seconds(1));
  world->set_disk_fault(DiskFault::none);
  world->run_for(minutes(3));
  EXPECT_EQ(world->settled_rows(), 0U);
}

TEST_F(Backlog, AWithdrawalIsAnsweredAfterItsCommit) {
  begin_with_backlog(3);
  bool answered = false;
  world->engine().withdraw(WithdrawScope{true, {}},
                           [&](const Status& status) { answered = status.has_value(); });
  EXPECT_FALSE(answered);
  world->run_for(seconds(10));
  EXPECT_TRUE(answered);
  EXPECT_EQ(world->ledger().withdrawn, 3);
}

TEST_F(Story, AVerdictIsWrittenDownWhenTheDiskWorksAgain) {
  begin();
  submit(1);
  while (world->requests() == 0) {
    world->run_for(Millis(1));
  }
  world->set_disk_fault(DiskFault::write_error);
  world->run_for(seconds(5));
  EXPECT_EQ(world->server().count(), 1U);
  EXPECT_EQ(world->ledger().delivered, 0);
  EXPECT_TRUE(world->engine().store_problem());
  world->set_disk_fault(DiskFault::none);
  world->run_for(minutes(2));
  EXPECT_EQ(world->ledger().delivered, 1);
  EXPECT_EQ(world->requests(), 1U) << "it is not sent again";
}

TEST_F(Story, APauseSurvivesARestart) {
  begin();
  world->pause(std::nullopt);
  world->run_for(seconds(5));
  world->crash(true, seconds(1));
  submit(1);
  world->run_for(hours(1));
  EXPECT_EQ(world->server().count(), 0U);
  world->resume();
  world->run_for(seconds(10));
  EXPECT_EQ(world->server().count(), 1U);
}

TEST_F(Story, APauseRightAfterAResumeHolds) {
  begin();
  world->pause(std::nullopt);
  world->run_for(seconds(5));
  world->resume();
  world->pause(std::nullopt);
  submit(1);
  world->run_for(hours(1));
  EXPECT_EQ(world->server().count(), 0U);
}

TEST_F(Story, ANoticePeriodEndedByAFlushStaysEnded) {
  plan.notice_period = hours(24);
  begin();
  submit(1);
  world->run_for(hours(1));
  EXPECT_EQ(world->server().count(), 0U);
  world->flush(false, false);
  world->run_for(seconds(10));
  EXPECT_EQ(world->server().count(), 1U);
  world->crash(true, seconds(1));
  submit(1);
  world->run_for(seconds(10));
  EXPECT_EQ(world->server().count(), 2U);
}

TEST_F(Story, TheBackoffSurvivesARestart) {
  plan.delivery.retry.base = hours(4);
  begin();
  world->set_weather(Weather::offline);
  submit(1);
  world->run_for(minutes(1));
  world->crash(false, seconds(1));
  world->set_weather(Weather::fine);
  world->run_for(hours(1));
  EXPECT_EQ(world->server().count(), 0U);
  world->run_for(hours(4));
  EXPECT_EQ(world->server().count(), 1U);
}

TEST_F(Story, AHoldThatCouldNotBeWrittenIsKeptUntilItCan) {
  begin();
  world->pause(std::nullopt);
  world->submit("14.0.0", source_name(0));
  world->run_for(seconds(5));
  world->set_disk_fault(DiskFault::full);
  world->set_switch(0, SourceSwitch::unknown);
  world->resume();
  world->run_for(seconds(5));
  world->set_disk_fault(DiskFault::none);
  world->resume();
  world->run_for(minutes(5));
  EXPECT_EQ(world->server().count(), 0U);
  EXPECT_EQ(world->ledger().held, 1);
}

TEST_F(Story, AWithdrawalThatIsWrittenLateTakesNoNewerMessages) {
  plan.disk_faults = true;
  begin();
  world->pause(std::nullopt);
  submit(2);
  world->run_for(seconds(5));
  world->set_disk_fault(DiskFault::write_error);
  world->set_consent(false);
  while (!world->engine().store_problem()) {
    world->run_for(Millis(1));
  }
  world->set_disk_fault(DiskFault::none);
  world->set_consent(true);
  submit(1);
  world->run_for(seconds(5));
  submit(1);
  world->run_for(minutes(2));
  EXPECT_EQ(world->ledger().withdrawn, 2);
  EXPECT_EQ(world->ledger().queued, 2);
}

TEST_F(Story, AWithdrawalThatIsWrittenLateTakesAllThatWasThere) {
  plan.disk_faults = true;
  begin();
  world->pause(std::nullopt);
  submit(2);
  world->run_for(seconds(5));
  world->set_disk_fault(DiskFault::sync_error);
  submit(1);  // refused; whether it is on disk is not known
  world->run_for(Millis(10));
  world->set_consent(false);
  world->run_for(Millis(10));
  world->set_disk_fault(DiskFault::none);
  world->set_consent(true);
  world->resume();
  world->run_for(minutes(2));
  EXPECT_EQ(world->server().count(), 0U);
  EXPECT_EQ(world->ledger().queued, 0);
}

// Two reports a day of a usual size, the documented settings, an endpoint that is gone.
TEST_F(Story, AYearOfflineIsDeliveredWhenTheEndpointIsBack) {
  constexpr int days = 365;
  plan.padding = 1'300;
  plan.page_size = 4096;
  begin();
  world->set_weather(Weather::offline);
  std::size_t before = 0;
  for (int day = 0; day < days; ++day) {
    for (int half = 0; half < 2; ++half) {
      world->submit("14.0." + std::to_string(2 * day + half), source_name(0));
      world->run_for(hours(12));
      ASSERT_LE(world->store_size(), std::size_t{4} << 20) << "day " << day;
    }
    const std::size_t attempts = world->requests() - before;
    before = world->requests();
    const std::size_t first_waits = day == 0 ? 9 : 0;  // from a minute to six hours
    ASSERT_LE(attempts, 8 + first_waits) << "day " << day;
    ASSERT_GE(attempts, 4U) << "day " << day;
  }
  EXPECT_EQ(world->ledger().queued, 2 * days);
  world->set_weather(Weather::fine);
  world->run_for(hours(7));
  EXPECT_EQ(world->server().count(), std::size_t{2} * days);
  EXPECT_EQ(world->ledger().delivered, 2 * days);
  EXPECT_LE(world->store_size(), std::size_t{4} << 20);
}

TEST_F(Story, NothingWakesAnIdleDaemon) {
  begin();
  submit(10);
  world->run_for(seconds(10));
  EXPECT_EQ(world->server().count(), 10U);
  EXPECT_EQ(world->engine().reporter().wake_at(), std::nullopt);
}

}  // namespace
}  // namespace reporterd::sim
