// The Reporter: what it shows of itself, its pauses and its end.
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "tests/unit/core/reporter_fixture.h"

namespace reporterd {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class ReporterView : public ReporterTest {
 protected:
  // Words that went into the log since the last look.
  std::vector<Condition> told() {
    std::vector<Condition> words;
    for (const auto& change : take<output::Changed>()) {
      words.push_back(change.to);
    }
    return words;
  }
};

TEST_F(ReporterView, TheMostImportantWordIsTheOneThatIsShown) {
  queue(1);
  EXPECT_EQ(reporter.condition(now), Condition::sending) << "a lease is asked for";
  lease(1);
  EXPECT_EQ(reporter.condition(now), Condition::sending) << "a request is out";
  reply(verdict(Verdict::Kind::auth_problem));
  EXPECT_EQ(reporter.condition(now), Condition::auth_problem);
  step(input::NoticeChanged{now + hours(1)});
  EXPECT_EQ(reporter.condition(now), Condition::notice);
  step(input::PauseAsked{});
  EXPECT_EQ(reporter.condition(now), Condition::paused);
  step(input::DestinationChanged{false, {}, settings});
  EXPECT_EQ(reporter.condition(now), Condition::no_destination);
  step(input::ConsentChanged{false});
  EXPECT_EQ(reporter.condition(now), Condition::off);
  step(input::StopAsked{});
  EXPECT_EQ(reporter.condition(now), Condition::stopping);
}

TEST_F(ReporterView, ItIsIdleWhenNothingIsQueuedAndWaitsWhenAllThatIsWaits) {
  EXPECT_EQ(reporter.condition(now), Condition::idle);
  queue(1);
  lease(0);
  EXPECT_EQ(reporter.condition(now), Condition::waiting);
}

TEST_F(ReporterView, ThatItSendsWaitsOrIsIdleIsNoNewsForTheLog) {
  log.clear();
  accept_one();
  queue(1);
  lease(0);
  snapshot.ledger.queued = 0;
  step(input::Committed{snapshot});
  EXPECT_TRUE(told().empty());
  queue(1);
  lease(1);
  reply(verdict(Verdict::Kind::unreachable));
  const auto changes = take<output::Changed>();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].from, Condition::idle);
  EXPECT_EQ(changes[0].to, Condition::unreachable);
  EXPECT_EQ(changes[0].why, "because");
  now = *reporter.wake_at();
  step(input::Woke{});
  EXPECT_TRUE(told().empty()) << "no word twice";
  lease(1);
  reply(verdict(Verdict::Kind::delivered));
  EXPECT_EQ(told(), std::vector{Condition::idle});
}

TEST_F(ReporterView, NoAttemptIsNamedWhereNoneIsMade) {
  queue(1);
  lease(1);
  reply(verdict(Verdict::Kind::unreachable));
  const Instant next = reporter.memory().next_attempt;
  EXPECT_EQ(reporter.next_attempt(), next);
  step(input::PauseAsked{now + minutes(5)});
  EXPECT_EQ(reporter.next_attempt(), std::nullopt);
  EXPECT_EQ(reporter.wake_at(), now + minutes(5));
  step(input::PauseAsked{});
  EXPECT_EQ(reporter.wake_at(), now + settings.max_age) << "only to expire what is too old";
  step(input::ResumeAsked{});
  EXPECT_EQ(reporter.next_attempt(), next);
  step(input::NoticeChanged{now + hours(1)});
  EXPECT_EQ(reporter.next_attempt(), now + hours(1));
  step(input::NoticeChanged{});
  step(input::ConsentChanged{false});
  EXPECT_EQ(reporter.next_attempt(), std::nullopt);
  EXPECT_EQ(reporter.wake_at(), std::nullopt);
  step(input::ConsentChanged{true});
  EXPECT_EQ(reporter.next_attempt(), next);
  snapshot.ledger.queued = 0;
  step(input::Committed{snapshot});
  EXPECT_EQ(reporter.next_attempt(), std::nullopt);
  snapshot.ledger.queued = 1;
  step(input::Committed{snapshot});
  step(input::DestinationChanged{false, reporter.memory(), settings});
  EXPECT_EQ(reporter.next_attempt(), std::nullopt);
}

TEST_F(ReporterView, StoppingItNamesNoAttemptAndWantsNoWaking) {
  queue(1);
  lease(1);
  reply(verdict(Verdict::Kind::unreachable));
  step(input::StopAsked{});
  EXPECT_EQ(reporter.next_attempt(), std::nullopt);
  EXPECT_EQ(reporter.wake_at(), std::nullopt);
}

TEST_F(ReporterView, TheNextAttemptIsTheLaterOfItsReasons) {
  accept_one();
  queue(1);
  lease(1);
  reply(verdict(Verdict::Kind::retry));
  EXPECT_EQ(reporter.next_attempt(), now + Millis(500)) << "the message's own";
  queue(1);
  lease(1);
  reply(verdict(Verdict::Kind::unreachable));
  EXPECT_EQ(reporter.next_attempt(), now + seconds(30)) << "the destination's";
}

// ---------------------------------------------------------------- pause and stop

TEST_F(ReporterView, APauseIsNotOverBeforeItsTimeAndOneWithoutAnEndNever) {
  step(input::PauseAsked{now + minutes(5)});
  now += minutes(5) - Millis(1);
  step(input::Woke{});
  EXPECT_TRUE(reporter.paused());
  now += Millis(1);
  step(input::Woke{});
  EXPECT_FALSE(reporter.paused());
  EXPECT_EQ(reporter.paused_until(), std::nullopt);
  step(input::PauseAsked{});
  now += hours(24 * 365);
  step(input::Woke{});
  EXPECT_TRUE(reporter.paused());
}

TEST_F(ReporterView, AResumeEndsAPause) {
  step(input::PauseAsked{now + minutes(5)});
  EXPECT_EQ(reporter.paused_until(), now + minutes(5));
  step(input::ResumeAsked{});
  EXPECT_FALSE(reporter.paused());
  EXPECT_EQ(reporter.paused_until(), std::nullopt);
}

TEST_F(ReporterView, ItFinishesOnceAndSendsNothingAfterwards) {
  queue(3);
  lease(3, true);
  const auto sent = take<output::StartSend>();
  step(input::StopAsked{});
  EXPECT_EQ(take<output::Release>().at(0).seqs.size(), 2U);
  step(input::Replied{sent[0].id, sent[0].messages, {verdict(Verdict::Kind::cancelled)}});
  EXPECT_EQ(take<output::Finished>().size(), 1U);
  log.clear();
  queue(1);
  step(input::Woke{});
  EXPECT_TRUE(log.empty());
}

TEST_F(ReporterView, SwitchedOffItPutsBackWhatItHolds) {
  queue(3);
  lease(3, true);
  step(input::ConsentChanged{false});
  EXPECT_EQ(take<output::Release>().at(0).seqs.size(), 2U);
  EXPECT_FALSE(reporter.consent_on());
}

}  // namespace
}  // namespace reporterd
