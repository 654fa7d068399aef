// The Engine over an outbox that fails: what is told, and what is written when it is well again.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/core/engine_fixture.h"

namespace reporterd {
namespace {

using std::chrono::seconds;

TEST_F(EngineTest, ThatTheDiskIsFullIsToldWhenItBeginsAndWhenItEnds) {
  begin();
  disk_full = true;
  append_and_settle("one");
  append_and_settle("two");
  EXPECT_EQ(disk_full_told, std::vector{true});
  EXPECT_TRUE(engine->snapshot().disk_full);
  disk_full = false;
  append_and_settle("three");
  EXPECT_EQ(disk_full_told, (std::vector{true, false}));
  disk_full = true;
  start();
  EXPECT_EQ(disk_full_told.size(), 3U) << "a start on a full disk";
}

TEST_F(EngineTest, ThatTheOutboxFailsIsToldWhenItBeginsAndWhenItEnds) {
  begin();
  for (int i = 0; i < 2; ++i) {
    append("one");
    fail_commit();
  }
  EXPECT_EQ(store_told, std::vector<std::string>{"the disk says no"});
  ASSERT_TRUE(engine->store_problem());
  append_and_settle("one");
  EXPECT_EQ(store_told, (std::vector<std::string>{"the disk says no", "well"}));
  EXPECT_FALSE(engine->store_problem());
}

TEST_F(EngineTest, ACommitThatChangesNothingStillTellsThatTheOutboxIsWell) {
  begin();
  append("one");
  fail_commit();
  engine->run([](Outbox&) {}, nullptr);
  settle();
  EXPECT_EQ(store_told.size(), 2U);
}

TEST_F(EngineTest, AVerdictThatCouldNotBeWrittenIsWrittenWhenTheOutboxIsWell) {
  begin();
  append_and_settle("one");
  reply(201);
  fail_commit();
  EXPECT_EQ(state_of(1), State::queued);
  ASSERT_TRUE(timer);
  EXPECT_EQ(*timer - time, Millis(500)) << "half of a second, since nothing was drawn";
  wake_after(Millis(499));
  EXPECT_EQ(posted(), 0U);
  wake_after(Millis(1));
  settle();
  EXPECT_EQ(state_of(1), State::delivered);
  EXPECT_FALSE(outbox.get(memory_name).value_or("").empty()) << "and what was to be remembered";
}

TEST_F(EngineTest, WhatWasRejectedBeforeAWithdrawalIsNotSentAgainThoughItsFirstCommitSeemedToFail) {
  begin_with_one_rejected();
  engine->withdraw(WithdrawScope{true, {}}, nullptr);
  fail_commit_that_happened();
  wake_after(Millis(500));
  settle();
  EXPECT_TRUE(engine->reporter().memory().rejected_in_row.empty());
}

TEST_F(EngineTest, AnOutboxThatKeepsFailingIsAskedAgainEverMoreSeldom) {
  begin();
  append_and_settle("one");
  reply(201);
  fail_commit();
  for (const Millis wait : {Millis(500), Millis(1000), Millis(2000), Millis(4000), Millis(8000),
                            Millis(16'000), Millis(30'000), Millis(30'000)}) {
    ASSERT_TRUE(timer);
    EXPECT_EQ(*timer - time, wait);
    wake_after(wait);
    fail_commit();
  }
  wake_after(seconds(30));
  settle();
  append("two");
  settle();
  reply(201);
  fail_commit();
  EXPECT_EQ(*timer - time, Millis(500)) << "it was well meanwhile";
}

TEST_F(EngineTest, ALeaseThatFailsIsAskedForAgainALittleLater) {
  begin();
  append("one");
  commit();
  fail_commit();
  ASSERT_TRUE(timer);
  EXPECT_EQ(*timer - time, Millis(2500)) << "half of five seconds";
  wake_after(Millis(2500));
  fail_commit();
  EXPECT_EQ(*timer - time, seconds(5)) << "then twice as long";
  wake_after(seconds(5));
  settle();
  EXPECT_EQ(sent.size(), 1U);
}

TEST_F(EngineTest, WhatIsLeasedWhileAHoldIsNotOnDiskIsPutBackUnsent) {
  begin();
  append_and_settle("one", "butler");
  append_and_settle("two", "butler");
  ASSERT_EQ(sent.size(), 1U);
  engine->hold_source("butler");
  fail_commit();
  reply_cancelled();
  commit();
  commit();
  EXPECT_TRUE(sent.empty());
  settle();
  EXPECT_TRUE(sent.empty());
  wake_after(Millis(500));
  fail_commit();
  wake_after(seconds(60));
  settle();
  EXPECT_EQ(state_of(1), State::held);
  EXPECT_EQ(state_of(2), State::held);
  engine->release_source("butler");
  settle();
  EXPECT_EQ(sent.size(), 1U) << "and leasable again";
}

TEST_F(EngineTest, ALeaseOfNothingIsNotPutBack) {
  begin();
  engine->hold_source("butler");
  fail_commit();
  append("one");
  commit();
  ASSERT_TRUE(outbox.remove(1, Now{}));
  commit();
  EXPECT_EQ(posted(), 0U);
}

TEST_F(EngineTest, AHoldThatCouldNotBeWrittenIsForgottenWhenASourceIsReleasedAgain) {
  begin();
  append_and_settle("one", "butler");
  reply(0);
  settle();
  engine->hold_source("butler");
  fail_commit();
  engine->release_source("butler");
  settle();
  wake_after(seconds(1));
  settle();
  EXPECT_EQ(state_of(1), State::queued);
  EXPECT_TRUE(engine->closed_sources().empty());
  wake_after(seconds(60));
  settle();
  EXPECT_EQ(sent.size(), 1U) << "nothing is due to be written";
}

TEST_F(EngineTest, TheSettingsOfTheOutboxAreThoseOfTheLatestCall) {
  begin();
  const auto put = [](const char* value) {
    return [value](Outbox& kept) { kept.put("settings", value); };
  };
  engine->configure_outbox(put("first"));
  fail_commit();
  engine->configure_outbox(put("second"));
  settle();
  wake_after(seconds(1));
  settle();
  EXPECT_EQ(outbox.get("settings"), "second");
  engine->configure_outbox(put("third"));
  fail_commit();
  wake_after(seconds(1));
  settle();
  EXPECT_EQ(outbox.get("settings"), "third") << "and it is written when that is possible";
}

TEST_F(EngineTest, WhatCouldNotBeLeasedMeanwhileIsLeasedWhenTheVerdictIsWritten) {
  begin();
  append_and_settle("one");
  reply(201);
  append("two");
  fail_commit();
  append("three");
  commit();
  commit();
  EXPECT_TRUE(sent.empty()) << "the verdict is not written yet";
  wake_after(Millis(500));
  settle();
  EXPECT_EQ(sent.size(), 1U) << "not only when the lease would be asked for again";
}

TEST_F(EngineTest, OfADestinationThatIsGoneNothingIsWrittenAnyMore) {
  begin();
  append_and_settle("one");
  reply(0);
  fail_commit();
  engine->use_destination(nullptr, settings);
  wake_after(Millis(500));
  settle();
  EXPECT_EQ(outbox.get(memory_name), std::nullopt);
}

TEST_F(EngineTest, WhatIsToBeRememberedIsWrittenAsItIsWhenTheOutboxIsWell) {
  begin();
  append_and_settle("one");
  reply(0);
  fail_commit();
  wake_after(settings.retry.base / 2);
  ASSERT_EQ(outbox.get(memory_name), std::nullopt);
  settle();
  const auto kept = memory_from_json(outbox.get(memory_name), "https://a");
  EXPECT_EQ(kept, engine->reporter().memory());
}

}  // namespace
}  // namespace reporterd
