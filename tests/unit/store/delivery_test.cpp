// Intake, lease, settlement and the owner's means.

#include <algorithm>

#include "tests/unit/store/box.h"

namespace reporterd {
namespace {

TEST(Outbox, ARepeatedKeyIsADuplicateAndStoresNothing) {
  Box box;
  EXPECT_EQ(box.append(message(1)), Appended::queued);
  EXPECT_EQ(box.append(message(1)), Appended::duplicate);
  EXPECT_EQ(box.snapshot.ledger.queued, 1);
  EXPECT_EQ(box.snapshot.ledger.duplicates, 1);
  EXPECT_EQ(box.snapshot.newest, 1);
}

TEST(Outbox, TheSameKeyWithOtherBytesIsAConflictAndTheFirstStands) {
  Box box;
  box.append(message(1, 100));
  EXPECT_EQ(box.append(message(1, 101)), Appended::conflict);
  EXPECT_EQ(box.snapshot.ledger.conflicts, 1);
  EXPECT_EQ(box.lease(1).messages.at(0).body, message(1, 100).body);
}

TEST(Outbox, TheSameTimeOfAnotherInstanceIsAnotherMessage) {
  Box box;
  NewMessage other = message(1);
  other.key.instance_id = instance('b');
  box.append(message(1));
  EXPECT_EQ(box.append(other), Appended::queued);
  const Lease lease = box.lease(9);
  EXPECT_EQ(lease.messages.at(0).key.instance_id, instance('a'));
  EXPECT_EQ(lease.messages.at(1).key.instance_id, instance('b'));
}

TEST(Outbox, ASettledKeyStaysADuplicate) {
  Box box;
  box.append(message(1));
  box.settle(1);
  EXPECT_EQ(box.append(message(1)), Appended::duplicate);
  bool known = false;
  box.run([&](Outbox& o) { known = o.has_key(message(1).key) && !o.has_key(message(2).key); });
  EXPECT_TRUE(known);
}

TEST(Outbox, WhatIsLeasedIsNotLeasedAgainUntilItIsReleased) {
  Box box;
  box.append_many(1, 4);
  EXPECT_EQ(box.lease_seqs(2), (Seqs{1, 2}));
  EXPECT_EQ(box.lease_seqs(9), (Seqs{3, 4}));
  EXPECT_EQ(box.lease_seqs(9), Seqs{});
  box.run([](Outbox& o) { o.release(Seqs{2, 3}); });
  EXPECT_EQ(box.lease_seqs(9), (Seqs{2, 3}));
}

TEST(Outbox, ALeaseStopsAtItsBytesButGivesAtLeastOne) {
  Box box;
  box.append_many(1, 5, 1000);
  const Lease two = box.lease(9, {.bytes = 2500});
  EXPECT_EQ(two.messages.size(), 2U);
  EXPECT_TRUE(two.more);
  EXPECT_EQ(box.lease_seqs(9, {.bytes = 1}), Seqs{3});
}

TEST(Outbox, MoreSaysWhetherAnotherLeaseWouldGiveSomething) {
  Box box;
  box.append_many(1, 3);
  EXPECT_TRUE(box.lease(2).more);
  EXPECT_FALSE(box.lease(1).more);
}

TEST(Outbox, ADeferredMessageWaitsForItsTimeAndSaysWhen) {
  Box box;
  box.append_many(1, 1);
  box.lease(1);
  box.defer(1, 60);
  const Instant due = box.find(1)->due.value();
  const Lease early = box.lease(9);
  EXPECT_TRUE(early.messages.empty());
  EXPECT_EQ(early.next_due, due);
  box.seconds += 60;
  const Lease later = box.lease(9);
  EXPECT_EQ(later.messages.at(0).attempts, 1);
  EXPECT_FALSE(later.next_due);
}

TEST(Outbox, AFlushTakesMessagesThatWaitForTheirRetryAsWell) {
  Box box;
  box.append_many(1, 2);
  box.lease(1);
  box.defer(1, 3600);
  EXPECT_EQ(box.lease_seqs(9, {.ignore_due = true}), (Seqs{1, 2}));
}

TEST(Outbox, AfterAFlushNoMessageWaitsForItsRetryAnyMore) {
  Box box;
  box.append_many(1, 4);
  box.lease(4);
  for (const Seq seq : {1, 2, 3, 4}) {
    box.defer(seq, 3600);
  }
  EXPECT_EQ(box.lease_seqs(1, {.ignore_due = true}), (Seqs{1}));
  EXPECT_EQ(box.lease_seqs(9), (Seqs{2, 3, 4}));
}

TEST(Outbox, RetriesTakeAtMostHalfOfALeaseWhileFreshOnesWait) {
  Box box;
  box.append_many(1, 8);
  box.lease(4);
  for (const Seq seq : {1, 2, 3, 4}) {
    box.defer(seq, 0);
  }
  EXPECT_EQ(box.lease_seqs(4), (Seqs{1, 2, 5, 6}));
  EXPECT_EQ(box.lease_seqs(9), (Seqs{3, 4, 7, 8}));
}

TEST(Outbox, AProbeIsTheLeastAttemptedMessageWhetherDueOrNot) {
  Box box;
  box.append_many(1, 3);
  box.lease(3);
  box.defer(1, 60);
  box.defer(1, 60);
  box.defer(2, 3600);
  box.defer(3, 60);
  box.defer(3, 60);
  EXPECT_EQ(box.lease_seqs(1, {.least_attempted = true}), Seqs{2});
  box.append_many(4, 4);
  EXPECT_EQ(box.lease_seqs(1, {.least_attempted = true}), Seqs{4});
}

TEST(Outbox, ADamagedBodyBecomesLostAndIsNotGivenOut) {
  const Folder folder;
  Box box(folder.file());
  box.append_many(1, 2);
  box.close();
  box.sql("UPDATE body SET json = replace(json, '1', '7') WHERE seq = 1");
  box.open();
  EXPECT_EQ(box.lease_seqs(9), Seqs{2});
  EXPECT_EQ(box.state_of(1), State::lost);
  EXPECT_EQ(box.snapshot.ledger.lost, 1);
}

TEST(Outbox, ASettledMessageIsSettledOnce) {
  Box box;
  box.append(message(1));
  EXPECT_TRUE(box.settle(1, State::rejected, "HTTP 400"));
  EXPECT_FALSE(box.settle(1, State::delivered));
  const Row row = *box.find(1);
  EXPECT_EQ(row.state, State::rejected);
  EXPECT_EQ(row.reason, "HTTP 400");
  EXPECT_TRUE(row.settled_at);
  EXPECT_FALSE(box.settle(99));
}

TEST(Outbox, ALateDeliveryShowsInTheReasonAndNotInTheLedger) {
  Box box;
  box.append(message(1));
  box.lease(1);
  box.run([&](Outbox& o) { EXPECT_TRUE(o.remove(1, box.now())); });
  EXPECT_FALSE(box.settle(1, State::delivered));
  EXPECT_EQ(box.find(1)->reason, "delivered all the same");
  EXPECT_EQ(box.snapshot.ledger.delivered, 0);
  EXPECT_EQ(box.snapshot.ledger.deleted, 1);
}

TEST(Outbox, OnlyMessagesThatWaitedTooLongExpireAndNoneInFlight) {
  Box box;
  box.append_many(1, 3);
  box.lease(1);
  const Instant before = box.now().observed + Millis(1);
  box.append_many(4, 4);
  std::size_t expired = 0;
  box.run([&](Outbox& o) { expired = o.expire(before, 1, box.now()); });
  EXPECT_EQ(expired, 1U);
  box.run([&](Outbox& o) { expired = o.expire(before, 9, box.now()); });
  EXPECT_EQ(expired, 1U);
  EXPECT_EQ(box.state_of(1), State::queued);
  EXPECT_EQ(box.state_of(4), State::queued);
}

TEST(Outbox, ARequeuedMessageIsLeasedAgainAndAgesAnew) {
  Box box;
  box.append_many(1, 2);
  box.lease(2);
  box.settle(1, State::expired);
  const Instant before = box.now().observed + Millis(1);
  box.run([&](Outbox& o) { EXPECT_TRUE(o.requeue(1, box.now())); });
  EXPECT_EQ(box.snapshot.ledger.requeued, 1);
  EXPECT_EQ(box.snapshot.ledger.expired, 1);
  EXPECT_EQ(box.snapshot.oldest_queued, 1);
  std::size_t expired = 9;
  box.run([&](Outbox& o) { expired = o.expire(before, 9, box.now()); });
  EXPECT_EQ(expired, 0U);
  EXPECT_EQ(box.lease_seqs(9), Seqs{1});
  box.run([&](Outbox& o) { EXPECT_FALSE(o.requeue(1, box.now())); });
}

TEST(Outbox, ADeletedMessageLeavesNoBytesAndCannotBeRequeued) {
  Box box;
  box.append(message(1));
  box.run([&](Outbox& o) {
    EXPECT_TRUE(o.body(1));
    EXPECT_TRUE(o.remove(1, box.now()));
    EXPECT_FALSE(o.remove(1, box.now()));
    EXPECT_FALSE(o.body(1));
    EXPECT_FALSE(o.requeue(1, box.now()));
  });
  EXPECT_FALSE(box.find(1)->body_kept);
  EXPECT_FALSE(box.find(1)->may_have_arrived);
}

TEST(Outbox, ConsentHoldsASourceAndLetsItGo) {
  Box box;
  box.append(report(1, "one"));
  box.append(report(2, "two"));
  box.append(message(3));
  box.run([](Outbox& o) { o.hold_source("one"); });
  EXPECT_EQ(box.snapshot.ledger.held, 1);
  EXPECT_EQ(box.lease_seqs(9), (Seqs{2, 3}));
  EXPECT_EQ(box.list({.state = State::held}).size(), 1U);
  box.run([](Outbox& o) { o.release_source("one"); });
  EXPECT_EQ(box.snapshot.ledger.held, 0);
  EXPECT_EQ(box.lease_seqs(9), Seqs{1});
  box.run([](Outbox& o) { o.hold_source(""); });
  EXPECT_EQ(box.state_of(3), State::held);
}

TEST(Withdrawal, CountsFromTheFirstCommitAndIsCarriedOutInSlices) {
  Box box;
  box.append_many(1, 5);
  box.run([&](Outbox& o) { o.begin_withdrawal({.all = true, .source = ""}, box.now().observed); });
  EXPECT_TRUE(box.outbox->withdrawal_pending());
  box.append(message(6));
  EXPECT_EQ(box.lease_seqs(9), Seqs{6});
  EXPECT_EQ(box.state_of(1), State::withdrawn);
  EXPECT_EQ(box.list({}).size(), 1U);
  std::size_t left = 0;
  box.run([&](Outbox& o) { left = o.continue_withdrawal(2, box.now()); });
  EXPECT_EQ(left, 3U);
  EXPECT_FALSE(box.settle(5, State::delivered));
  box.run([&](Outbox& o) { left = o.continue_withdrawal(9, box.now()); });
  EXPECT_EQ(left, 0U);
  EXPECT_FALSE(box.outbox->withdrawal_pending());
  EXPECT_EQ(box.snapshot.ledger.withdrawn, 5);
  EXPECT_EQ(box.snapshot.ledger.queued, 1);
}

TEST(Withdrawal, OfSourcesTakesNothingElseAndGoesOnAfterACrash) {
  const Folder folder;
  Box box(folder.file());
  box.append(report(1, "one"));
  box.append(report(2, "two"));
  box.append(report(3, "one"));
  box.append(message(4));
  box.run([](Outbox& o) { o.hold_source("two"); });
  box.run([&](Outbox& o) {
    o.begin_withdrawal({.all = false, .source = "one"}, box.now().observed);
    o.begin_withdrawal({.all = false, .source = "two"}, box.now().observed);
    o.begin_withdrawal({.all = false, .source = "nobody"}, box.now().observed);
  });
  box.crash();
  EXPECT_TRUE(box.outbox->withdrawal_pending());
  EXPECT_EQ(box.lease_seqs(9), Seqs{4});
  std::size_t left = 9;
  box.run([&](Outbox& o) { left = o.continue_withdrawal(9, box.now()); });
  EXPECT_EQ(left, 0U);
  EXPECT_EQ(box.snapshot.ledger.withdrawn, 3);
  box.close();
  EXPECT_EQ(box.sql("SELECT count(*) FROM body"), 1);
  EXPECT_EQ(box.sql("SELECT count(*) FROM withdrawal"), 0);
}

TEST(Withdrawal, ThatComesLateLeavesWhatWasAcceptedSince) {
  Box box;
  box.append(message(1));
  box.append(report(2, "one"));
  const Instant decided = box.now().observed;
  box.append(message(3));
  box.append(report(4, "one"));
  std::size_t left = 0;
  box.run([&](Outbox& o) { o.begin_withdrawal({.all = false, .source = "one"}, decided); });
  box.run([&](Outbox& o) { o.begin_withdrawal({.all = true, .source = ""}, decided); });
  EXPECT_EQ(box.lease_seqs(9), (Seqs{3, 4}));
  box.run([&](Outbox& o) { left = o.continue_withdrawal(1, box.now()); });
  EXPECT_EQ(left, 1U);
  box.run([&](Outbox& o) { left = o.continue_withdrawal(9, box.now()); });
  EXPECT_EQ(left, 0U);
  EXPECT_FALSE(box.outbox->withdrawal_pending());
  EXPECT_EQ(box.snapshot.ledger.withdrawn, 2);
  EXPECT_EQ(box.snapshot.ledger.queued, 2);
}

TEST(Withdrawal, ThatComesLateDoesNotShortenANewerOne) {
  Box box;
  box.append(message(1));
  const Instant decided = box.now().observed;
  box.append(message(2));
  box.run([&](Outbox& o) { o.begin_withdrawal({.all = true, .source = ""}, box.now().observed); });
  box.run([&](Outbox& o) { o.begin_withdrawal({.all = true, .source = ""}, decided); });
  EXPECT_EQ(box.lease_seqs(9), Seqs{});
  box.run([&](Outbox& o) { o.continue_withdrawal(9, box.now()); });
  EXPECT_EQ(box.snapshot.ledger.withdrawn, 2);
}

TEST(MayHaveArrived, IsExactWithinALifeAndAfterACleanClose) {
  const Folder folder;
  Box box(folder.file());
  box.append_many(1, 4);
  box.lease(2);
  box.run([](Outbox& o) { o.release(Seqs{2}); });
  box.run([&](Outbox& o) { EXPECT_TRUE(o.remove(1, box.now()) && o.remove(2, box.now())); });
  EXPECT_TRUE(box.find(1)->may_have_arrived);
  EXPECT_FALSE(box.find(2)->may_have_arrived);
  box.close_and_open();
  box.run([&](Outbox& o) { o.remove(3, box.now()); });
  EXPECT_FALSE(box.find(3)->may_have_arrived);
}

TEST(MayHaveArrived, IsAssumedAfterACrashOfWhatMayHaveBeenLeased) {
  const Folder folder;
  Box box(folder.file());
  box.append_many(1, 3);
  box.lease(1);
  box.crash();
  box.append_many(4, 4);
  box.run([&](Outbox& o) {
    o.remove(1, box.now());
    o.remove(4, box.now());
  });
  EXPECT_TRUE(box.find(1)->may_have_arrived);
  EXPECT_FALSE(box.find(4)->may_have_arrived);
}

TEST(MayHaveArrived, HoldsForAMessageWhoseAttemptFailed) {
  Box box;
  box.append(message(1));
  box.lease(1);
  box.defer(1, 60);
  box.run([&](Outbox& o) { o.begin_withdrawal({.all = true, .source = ""}, box.now().observed); });
  box.run([&](Outbox& o) { o.continue_withdrawal(9, box.now()); });
  EXPECT_TRUE(box.find(1)->may_have_arrived);
}

TEST(Questions, ListsPageThroughQueueAndHistory) {
  Box box;
  box.append_many(1, 6);
  box.settle(2);
  box.settle(3, State::rejected, "no");
  box.settle(5);
  const auto seqs = [](const std::vector<Row>& rows) {
    Seqs result;
    std::ranges::transform(rows, std::back_inserter(result), &Row::seq);
    return result;
  };
  EXPECT_EQ(seqs(box.list({.limit = 2})), (Seqs{1, 4}));
  EXPECT_EQ(seqs(box.list({.after = 4})), (Seqs{6}));
  EXPECT_EQ(seqs(box.list({.settled = true})), (Seqs{5, 3, 2}));
  EXPECT_EQ(seqs(box.list({.settled = true, .before = 5, .limit = 1})), (Seqs{3}));
  EXPECT_EQ(seqs(box.list({.settled = true, .state = State::delivered})), (Seqs{5, 2}));
}

TEST(Questions, NamedValuesAreKept) {
  const Folder folder;
  Box box(folder.file());
  box.run([](Outbox& o) {
    o.put("pause", "1");
    o.put("pause", "2");
  });
  box.crash();
  box.run([](Outbox& o) {
    EXPECT_EQ(o.get("pause"), "2");
    EXPECT_FALSE(o.get("other"));
  });
}

}  // namespace
}  // namespace reporterd
