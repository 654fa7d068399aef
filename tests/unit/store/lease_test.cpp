// Giving messages out, to the byte and to the row; what ends them and what only looks like it.

#include "tests/unit/store/box.h"

namespace reporterd {
namespace {

using Seqs = std::vector<Seq>;

TEST(Lease, GivesExactlyAsManyBytesAsWereAskedFor) {
  Box box;
  box.append_many(1, 4, 1000);
  EXPECT_EQ(box.lease_seqs(9, {.bytes = 2000}), (Seqs{1, 2}));
  EXPECT_EQ(box.lease_seqs(9, {.bytes = 1999}), (Seqs{3}));
}

TEST(Lease, OfRetriesAloneSaysWhetherThereAreMore) {
  Box box;
  box.append_many(1, 3);
  box.lease(3);
  for (const Seq seq : {1, 2, 3}) {
    box.defer(seq, 0);
  }
  const Lease first = box.lease(2);
  EXPECT_EQ(first.messages.size(), 2U);
  EXPECT_TRUE(first.more);
  const Lease second = box.lease(1);
  EXPECT_EQ(second.messages.size(), 1U);
  EXPECT_FALSE(second.more);
}

// A file of `deferred` messages that wait for an hour, and a fresh one after them.
void fill_with_deferred(Box& box, std::int64_t deferred) {
  box.append_many(1, deferred);
  box.close();
  box.sql("UPDATE message SET due_ms = 1000000000000");
  box.open();
  box.append(message(deferred + 1));
}

TEST(Lease, LooksPastAsManyMessagesThatWaitForTheirRetryAsItMayInOneTransaction) {
  for (const std::int64_t deferred : {4096, 4097}) {
    const Folder folder(memory());
    Box box(folder.file());
    fill_with_deferred(box, deferred);
    const Lease first = box.lease(1);
    if (deferred == 4096) {
      EXPECT_EQ(first.messages.at(0).seq, deferred + 1);
      continue;
    }
    EXPECT_TRUE(first.messages.empty());
    EXPECT_TRUE(first.more) << "to be asked again at once";
    EXPECT_EQ(box.lease_seqs(1), Seqs{deferred + 1}) << "where the first stopped";
  }
}

TEST(Lease, NextDueIsOfMessagesThatWaitAndNotOfThoseInFlight) {
  Box box;
  box.append_many(1, 2);
  box.lease(2);
  box.defer(2, 60);
  box.defer(1, 3600);
  const Instant later = box.find(1)->due.value();
  EXPECT_EQ(box.lease_seqs(1, {.least_attempted = true}), Seqs{1});
  EXPECT_EQ(box.lease(0).next_due, box.find(2)->due);
  box.seconds += 60;
  EXPECT_EQ(box.lease_seqs(1), Seqs{2});
  EXPECT_EQ(box.lease(1).next_due, std::nullopt) << "both are out";
  box.run([](Outbox& o) { o.release(Seqs{1, 2}); });
  EXPECT_EQ(box.lease(0).next_due, later);
}

TEST(Lease, NextDueIsNotOfWhatAWithdrawalMarked) {
  Box box;
  box.append(report(1, "one"));
  box.append(report(2, "two"));
  box.append(report(3, "one"));
  box.lease(3);
  box.defer(3, 60);
  box.defer(1, 70);
  box.defer(2, 80);
  box.run(
      [&](Outbox& o) { o.begin_withdrawal({.all = false, .source = "one"}, box.now().observed); });
  EXPECT_EQ(box.lease(9).next_due, box.find(2)->due);
}

TEST(Lease, WhatIsSettledOrUnknownCannotBeDeferredOrReleased) {
  Box box;
  box.append_many(1, 2);
  box.lease(1);
  box.settle(1, State::rejected, "no");
  box.defer(1, 60);
  box.defer(99, 60);
  box.run([](Outbox& o) { o.release(Seqs{1, 99}); });
  EXPECT_EQ(box.find(1)->reason, "no");
  EXPECT_EQ(box.find(1)->attempts, 0);
  EXPECT_EQ(box.find(1)->due, std::nullopt);
  EXPECT_EQ(box.lease_seqs(9), Seqs{2});
}

TEST(Settling, OfMoreMessagesThanTheLedgerKnowsOfIsDamage) {
  const Folder folder(memory());
  Box box(folder.file());
  box.append_many(1, 3);
  box.close();
  box.sql("UPDATE ledger SET delivered = 3, queued = 0");
  box.open();
  const auto done = box.attempt([&](Outbox& o) { o.settle(1, State::delivered, "", box.now()); });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::corrupt);
  EXPECT_NE(done.error().what.find("more messages end than its ledger knows of"), std::string::npos)
      << done.error().what;
}

TEST(Settling, ALateReplyChangesOnlyTheReasonOfWhatItsOwnerTookBack) {
  Box box;
  box.append_many(1, 5);
  box.lease(5);
  box.run([&](Outbox& o) {
    o.remove(1, box.now());
    o.remove(2, box.now());
  });
  box.settle(3, State::expired, "too late");
  EXPECT_FALSE(box.settle(1, State::rejected, "HTTP 400"));
  EXPECT_EQ(box.find(1)->reason, "deleted by the owner");
  EXPECT_FALSE(box.settle(3, State::delivered));
  EXPECT_EQ(box.find(3)->reason, "too late");
  EXPECT_FALSE(box.find(3)->may_have_arrived);
  box.run([&](Outbox& o) { o.begin_withdrawal({.all = true, .source = ""}, box.now().observed); });
  EXPECT_FALSE(box.settle(4, State::delivered)) << "marked, its slice has not come";
  EXPECT_EQ(box.find(4)->reason, "delivered all the same");
  EXPECT_FALSE(box.settle(5, State::rejected));
  EXPECT_EQ(box.find(5)->reason, "withdrawn by the owner");
  EXPECT_FALSE(box.outbox->withdrawal_pending());
  EXPECT_FALSE(box.settle(4, State::delivered));
  EXPECT_EQ(box.snapshot.ledger.delivered, 0);
}

TEST(Settling, OfAMessageThatWasDeliveredNothingMayHaveArrivedBesides) {
  Box box;
  box.append_many(1, 2);
  box.lease(2);
  box.settle(1, State::delivered);
  box.settle(2, State::rejected);
  EXPECT_FALSE(box.find(1)->may_have_arrived);
  EXPECT_FALSE(box.find(2)->may_have_arrived);
}

TEST(Settling, NothingExpiresWhileAWithdrawalIsUnderWay) {
  Box box;
  box.append(report(1, "one"));
  box.append(message(2));
  const Instant before = box.now().observed + Millis(1);
  box.run(
      [&](Outbox& o) { o.begin_withdrawal({.all = false, .source = "one"}, box.now().observed); });
  std::size_t expired = 9;
  box.run([&](Outbox& o) { expired = o.expire(before, 9, box.now()); });
  EXPECT_EQ(expired, 0U);
  box.run([&](Outbox& o) {
    o.continue_withdrawal(9, box.now());
    expired = o.expire(before, 9, box.now());
  });
  EXPECT_EQ(expired, 1U);
  EXPECT_EQ(box.state_of(1), State::withdrawn);
  EXPECT_EQ(box.find(2)->reason, "waited too long");
}

TEST(Settling, ExpiryBeginsAfterTheWholeAgeAndLooksPastRequeuedOnes) {
  Box box;
  box.append(message(1));
  const Instant accepted = box.now().observed;
  box.append(message(2));
  box.settle(1, State::rejected);
  box.run([&](Outbox& o) { o.requeue(1, box.now()); });
  std::size_t expired = 9;
  box.run([&](Outbox& o) { expired = o.expire(accepted + Millis(1000), 9, box.now()); });
  EXPECT_EQ(expired, 0U) << "1 was requeued, and 2 is exactly that old";
  box.run([&](Outbox& o) { expired = o.expire(accepted + Millis(1001), 9, box.now()); });
  EXPECT_EQ(expired, 1U);
  EXPECT_EQ(box.state_of(2), State::expired);
  EXPECT_EQ(box.state_of(1), State::queued);
}

TEST(Settling, DeletingWhatAWithdrawalMarkedWithdrawsIt) {
  Box box;
  box.append_many(1, 2);
  box.run([&](Outbox& o) { o.begin_withdrawal({.all = true, .source = ""}, box.now().observed); });
  box.run([&](Outbox& o) { EXPECT_FALSE(o.remove(1, box.now())); });
  EXPECT_EQ(box.snapshot.ledger.withdrawn, 1);
  EXPECT_EQ(box.snapshot.ledger.deleted, 0);
  EXPECT_TRUE(box.outbox->withdrawal_pending());
  box.run([&](Outbox& o) { EXPECT_FALSE(o.remove(2, box.now())); });
  EXPECT_FALSE(box.outbox->withdrawal_pending());
}

TEST(MayHaveArrived, IsOfTheLastMessageLeasedInTheLifeBefore) {
  const Folder folder(memory());
  Box box(folder.file());
  box.append_many(1, 3);
  box.lease(2);
  box.close_and_open();
  box.run([&](Outbox& o) { EXPECT_TRUE(o.remove(2, box.now()) && o.remove(3, box.now())); });
  EXPECT_TRUE(box.find(2)->may_have_arrived);
  EXPECT_FALSE(box.find(3)->may_have_arrived);
}

TEST(MayHaveArrived, IsTooCarefulAfterACrashByOneStepAtMost) {
  const Folder folder(memory());
  Box box(folder.file());
  box.append_many(1, 4098);
  box.lease(1);
  box.crash();
  box.run([&](Outbox& o) {
    o.remove(4097, box.now());
    o.remove(4098, box.now());
  });
  EXPECT_TRUE(box.find(4097)->may_have_arrived);
  EXPECT_FALSE(box.find(4098)->may_have_arrived);
}

TEST(MayHaveArrived, IsKeptThroughALifeThatLeasedNothing) {
  const Folder folder(memory());
  Box box(folder.file());
  box.append_many(1, 2);
  box.lease(1);
  box.close_and_open();
  box.close_and_open();
  box.run([&](Outbox& o) { EXPECT_TRUE(o.remove(1, box.now()) && o.remove(2, box.now())); });
  EXPECT_TRUE(box.find(1)->may_have_arrived);
  EXPECT_FALSE(box.find(2)->may_have_arrived);
}

TEST(MayHaveArrived, IsNotOfWhatWasOnlyAskedFor) {
  const Folder folder(memory());
  Box box(folder.file());
  box.append_many(1, 2);
  box.lease(1);
  box.close_and_open();
  EXPECT_EQ(box.lease_seqs(0), Seqs{});
  box.crash();
  box.run([&](Outbox& o) { EXPECT_TRUE(o.remove(2, box.now())); });
  EXPECT_FALSE(box.find(2)->may_have_arrived);
}

TEST(Requeue, IsOnlyForWhatIsSettledAndStillHasItsBytes) {
  const Folder folder(memory());
  Box box(folder.file());
  box.append_many(1, 3);
  box.append(report(4, "one"));
  const auto requeue = [&](Seq seq) {
    bool done = false;
    box.run([&](Outbox& o) { done = o.requeue(seq, box.now()); });
    return done;
  };
  EXPECT_FALSE(requeue(1)) << "it waits";
  EXPECT_FALSE(requeue(99));
  box.close();
  box.sql("UPDATE body SET json = '{}' WHERE seq = 2");
  box.open();
  EXPECT_EQ(box.lease_seqs(9), (Seqs{1, 3, 4}));
  EXPECT_EQ(box.state_of(2), State::lost);
  EXPECT_FALSE(requeue(2)) << "its bytes are not its own";
  box.settle(3, State::delivered);
  box.settle(4, State::expired);
  EXPECT_TRUE(requeue(3));
  EXPECT_TRUE(box.find(3)->may_have_arrived) << "it did";
  box.run([&](Outbox& o) { o.begin_withdrawal({.all = true, .source = ""}, box.now().observed); });
  EXPECT_FALSE(requeue(4)) << "withdrawn with the rest";
}

TEST(Requeue, OfWhatNeverLeftLeavesNoMark) {
  Box box;
  box.append_many(1, 4);
  box.lease(1);
  box.defer(1, 0);
  for (const Seq seq : {1, 2}) {
    box.settle(seq, State::expired);
  }
  box.settle(3, State::rejected);
  box.run([&](Outbox& o) {
    for (const Seq seq : {1, 2, 3}) {
      EXPECT_TRUE(o.requeue(seq, box.now()));
    }
  });
  EXPECT_TRUE(box.find(1)->may_have_arrived) << "an attempt failed";
  EXPECT_FALSE(box.find(2)->may_have_arrived);
  EXPECT_TRUE(box.find(3)->may_have_arrived);
  EXPECT_EQ(box.find(1)->attempts, 0);
}

}  // namespace
}  // namespace reporterd
