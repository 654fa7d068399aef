// Room to the byte, keys, instances and sources; and what the questions answer.

#include "store/limits.h"
#include "tests/unit/store/box.h"

namespace reporterd {
namespace {

// The limit of own reports lies 1500 bytes above a whole page.
StoreSettings settings_with_rest() {
  StoreSettings settings;
  settings.max_message_bytes = 4096;
  settings.max_bytes = 1 << 20;
  while (StoreLimits(settings).own % 4096 != 1500) {
    ++settings.max_bytes;
  }
  return settings;
}

std::int64_t room(Box& box, std::int64_t limit) {
  box.run([](Outbox&) {});  // without a journal, which counts as used, too
  return limit - box.snapshot.bytes_used - row_cost;
}

TEST(Intake, TakesWhatFitsToTheByteAndNotOneMore) {
  const StoreSettings settings = settings_with_rest();
  for (const std::string source : {"", "one"}) {
    Box box(":memory:", settings);
    const StoreLimits limits(settings);
    const std::int64_t left = room(box, source.empty() ? limits.programs : limits.own);
    const auto of = [&](std::int64_t n, std::int64_t bytes) {
      return report(n, source, "", static_cast<std::size_t>(bytes));
    };
    EXPECT_EQ(box.append(of(1, left + 1)), Appended::storage_full);
    box.run([&](Outbox& o) {  // what this transaction takes counts at once
      EXPECT_EQ(o.append(of(2, 5000), box.now()), Appended::queued);
      const std::int64_t rest = left - 5000 - row_cost;
      EXPECT_EQ(o.append(of(3, rest + 1), box.now()), Appended::storage_full);
      EXPECT_EQ(o.append(of(3, rest), box.now()), Appended::queued);
    });
  }
}

// Fills the outbox with reports until the next of 2000 bytes does not fit.
Seq fill_own(Box& box, const StoreSettings& settings) {
  for (std::int64_t n = 1; room(box, StoreLimits(settings).own) >= 2000; ++n) {
    EXPECT_EQ(box.append(report(n, "one", "same", 2000)), Appended::queued) << n;
  }
  return box.snapshot.newest;
}

TEST(Intake, AReportThatSupersedesTakesTheRoomOfTheOlderOne) {
  const StoreSettings settings = settings_with_rest();
  Box box(":memory:", settings);
  const Seq last = fill_own(box, settings);
  const std::int64_t left = room(box, StoreLimits(settings).own);
  ASSERT_GT(left, 900);
  ASSERT_LT(left, 2000);
  box.run([&](Outbox& o) {
    EXPECT_EQ(o.append(report(9001, "one", "same", 2000), box.now()), Appended::queued);
    // Its row stays in the history, its body does not.
    const auto rest = static_cast<std::size_t>(left - row_cost);
    EXPECT_EQ(o.append(report(9002, "one", "new", rest + 1), box.now()), Appended::storage_full);
    EXPECT_EQ(o.append(report(9003, "one", "new", rest), box.now()), Appended::queued);
  });
  EXPECT_EQ(box.snapshot.ledger.superseded, 1);
  EXPECT_EQ(box.find(1)->reason, "a newer report says the same");
  EXPECT_EQ(box.snapshot.newest, last + 2);
}

TEST(Intake, SupersedesOnlyAReportThatSaysTheSameAndIsNeitherOutNorWithdrawn) {
  const StoreSettings settings = settings_with_rest();
  Box box(":memory:", settings);
  box.append(report(8001, "two", "same", 2000));
  box.append(report(8002, "one", "other", 2000));
  fill_own(box, settings);
  EXPECT_EQ(box.lease_seqs(3), (std::vector<Seq>{1, 2, 3}));
  EXPECT_EQ(box.append(report(9001, "", "same", 2000)), Appended::storage_full) << "a program's";
  EXPECT_EQ(box.append(report(9002, "one", "", 2000)), Appended::storage_full);
  EXPECT_EQ(box.append(report(9003, "nobody", "same", 2000)), Appended::storage_full);
  EXPECT_EQ(box.append(report(9004, "one", "same", 2000)), Appended::queued);
  EXPECT_EQ(box.state_of(4), State::superseded) << "3 is out";
  box.run(
      [&](Outbox& o) { o.begin_withdrawal({.all = false, .source = "one"}, box.now().observed); });
  const auto answer = box.append(report(9005, "one", "same", 2000));
  EXPECT_EQ(answer, Appended::storage_full) << "all older ones are withdrawn";
}

TEST(Intake, KeysOfSeveralInstancesDoNotMixWhateverTheOrder) {
  Box box;
  const auto of = [](char digit, std::int64_t n) {
    NewMessage made = message(n);
    made.key.instance_id = instance(digit);
    return made;
  };
  for (const char digit : {'a', 'b', 'a', 'c', 'b'}) {
    box.append(of(digit, 1));
    box.append(of(digit, 2));
  }
  EXPECT_EQ(box.snapshot.ledger.queued, 6);
  EXPECT_EQ(box.snapshot.ledger.duplicates, 4);
  const Lease lease = box.lease(9);
  ASSERT_EQ(lease.messages.size(), 6U);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(lease.messages[i].key, of("abc"[i / 2], static_cast<std::int64_t>(i) % 2 + 1).key);
  }
  box.run([&](Outbox& o) {
    EXPECT_TRUE(o.has_key(of('b', 2).key));
    EXPECT_FALSE(o.has_key(of('b', 3).key));
    EXPECT_FALSE(o.has_key(of('d', 1).key));
  });
}

TEST(Questions, FindTellsEverythingOfAMessage) {
  Box box;
  const NewMessage added = report(7, "one", "same", 300);
  box.append(added);
  const Now accepted = box.now();
  box.lease(1);
  box.defer(1, 60);
  const Instant due = box.now().observed + std::chrono::seconds(60);
  Row row = *box.find(1);
  EXPECT_EQ(row.seq, 1);
  EXPECT_EQ(row.key, added.key);
  EXPECT_EQ(row.state, State::queued);
  EXPECT_EQ(row.source, "one");
  EXPECT_EQ(row.bytes, 300);
  EXPECT_EQ(row.attempts, 1);
  EXPECT_EQ(row.accepted_at, accepted.wall);
  EXPECT_EQ(row.settled_at, std::nullopt);
  EXPECT_EQ(row.due, due);
  EXPECT_EQ(row.reason, "HTTP 500");
  EXPECT_FALSE(row.may_have_arrived);
  EXPECT_TRUE(row.body_kept);
  box.settle(1, State::rejected, "no");
  row = *box.find(1);
  EXPECT_EQ(row.settled_at, box.now().wall - std::chrono::seconds(1));
  EXPECT_EQ(row.due, std::nullopt);
  EXPECT_EQ(box.find(2), std::nullopt);
}

TEST(Questions, WhatAWithdrawalMarkedIsToldAsWithdrawn) {
  Box box;
  box.append(report(1, "one"));
  box.append(report(2, "two"));
  box.run([&](Outbox& o) {
    o.begin_withdrawal({.all = false, .source = "one"}, box.now().observed);
    EXPECT_FALSE(o.body(1));
    EXPECT_TRUE(o.body(2));
    EXPECT_FALSE(o.body(3));
  });
  EXPECT_EQ(box.find(1)->state, State::withdrawn);
  EXPECT_FALSE(box.find(1)->body_kept);
  EXPECT_EQ(box.find(2)->state, State::queued);
  EXPECT_TRUE(box.find(2)->body_kept);
}

std::vector<Seq> seqs(const std::vector<Row>& rows) {
  std::vector<Seq> found;
  for (const Row& row : rows) {
    found.push_back(row.seq);
  }
  return found;
}

TEST(Questions, ListsAreOfTheStateAskedForAndAsLongAsAskedFor) {
  Box box;
  box.append(report(1, "one"));
  box.append(message(2));
  box.append(report(3, "one"));
  box.append(report(4, "two"));
  box.append(message(5));
  box.settle(5, State::expired);
  box.run([](Outbox& o) { o.hold_source("one"); });
  EXPECT_EQ(seqs(box.list({})), (Seqs{1, 2, 3, 4}));
  EXPECT_EQ(seqs(box.list({.state = State::queued})), (Seqs{2, 4}));
  EXPECT_EQ(seqs(box.list({.state = State::held})), (Seqs{1, 3}));
  EXPECT_EQ(seqs(box.list({.state = State::held, .after = 1})), Seqs{3});
  EXPECT_EQ(seqs(box.list({.state = State::held, .limit = 1})), Seqs{1});
  EXPECT_EQ(seqs(box.list({.state = State::expired})), Seqs{}) << "that is in the history";
  EXPECT_EQ(seqs(box.list({.settled = true, .state = State::expired})), Seqs{5});
  EXPECT_EQ(seqs(box.list({.settled = true, .state = State::queued})), Seqs{});
  EXPECT_EQ(seqs(box.list({.limit = 0})), Seqs{});
  box.run(
      [&](Outbox& o) { o.begin_withdrawal({.all = false, .source = "one"}, box.now().observed); });
  EXPECT_EQ(seqs(box.list({})), (Seqs{2, 4}));
  EXPECT_EQ(seqs(box.list({.state = State::held})), Seqs{});
}

TEST(Questions, NamesHaveTheirPrefixAndAnOrder) {
  Box box;
  box.run([](Outbox& o) {
    for (const char* name : {"id:b", "id:a", "pause", "id"}) {
      o.put(name, "x");
    }
    EXPECT_EQ(o.names("id:"), (std::vector<std::string>{"id:a", "id:b"}));
    EXPECT_EQ(o.names("").size(), 4U);
  });
}

TEST(Questions, TheOldestMessageIsFoundBehindAFewThatWereRequeued) {
  for (const std::int64_t requeued : {63, 64}) {
    Box box;
    box.append_many(1, requeued + 1);
    const Instant accepted = box.now().observed;
    box.run([&](Outbox& o) {
      for (Seq seq = 1; seq <= requeued; ++seq) {
        o.settle(seq, State::rejected, "", box.now());
      }
    });
    box.run([&](Outbox& o) {
      for (Seq seq = 1; seq <= requeued; ++seq) {
        o.requeue(seq, box.now());
      }
    });
    EXPECT_EQ(box.snapshot.oldest_queued, 1);
    EXPECT_EQ(box.snapshot.oldest_accepted, requeued == 63 ? accepted : box.now().observed);
  }
}

TEST(Withdrawal, ASliceEndsWithItsBytesOrItsMessages) {
  StoreSettings settings;
  settings.max_bytes = 16 << 20;  // of which the log has 1 MiB
  Box box(":memory:", settings);
  box.append_many(1, 40, 65536);
  std::size_t left = 0;
  box.run([&](Outbox& o) {
    o.begin_withdrawal({.all = true, .source = ""}, box.now().observed);
    left = o.continue_withdrawal(0, box.now());
  });
  EXPECT_EQ(left, 40U);
  box.run([&](Outbox& o) { left = o.continue_withdrawal(100, box.now()); });
  EXPECT_EQ(left, 24U);
  box.run([&](Outbox& o) { left = o.continue_withdrawal(3, box.now()); });
  EXPECT_EQ(left, 21U);
}

TEST(Withdrawal, OfWhatIsMarkedAlreadyCountsItOnce) {
  Box box;
  box.append(report(1, "one"));
  box.append(report(2, "two"));
  box.append(report(3, "one"));
  const auto withdraw = [&](const WithdrawScope& scope) {
    std::size_t left = 0;
    box.run([&](Outbox& o) {
      o.begin_withdrawal(scope, box.now().observed);
      left = o.continue_withdrawal(0, box.now());
    });
    return left;
  };
  EXPECT_EQ(withdraw({.all = false, .source = "one"}), 2U);
  EXPECT_EQ(withdraw({.all = false, .source = "one"}), 2U);
  box.append(report(4, "one"));
  EXPECT_EQ(withdraw({.all = false, .source = "one"}), 3U);
  EXPECT_EQ(withdraw({.all = true, .source = ""}), 4U);
  EXPECT_EQ(withdraw({.all = false, .source = "two"}), 4U);
  box.run([&](Outbox& o) { o.continue_withdrawal(9, box.now()); });
  EXPECT_EQ(box.snapshot.ledger.withdrawn, 4);
  EXPECT_FALSE(box.outbox->withdrawal_pending());
}

TEST(Withdrawal, ThatIsMarkedButHasNothingLeftToDoEnds) {
  const Folder folder(memory());
  Box box(folder.file());
  box.append(message(1));
  box.close();
  box.sql("UPDATE ledger SET withdrawal_left = 3; INSERT INTO withdrawal VALUES (7, 1)");
  box.open();
  EXPECT_TRUE(box.outbox->withdrawal_pending());
  std::size_t left = 9;
  box.run([&](Outbox& o) { left = o.continue_withdrawal(0, box.now()); });
  EXPECT_EQ(left, 3U);
  box.run([&](Outbox& o) { left = o.continue_withdrawal(9, box.now()); });
  EXPECT_EQ(left, 0U);
  EXPECT_EQ(box.lease_seqs(9), std::vector<Seq>{1});
}

TEST(Withdrawal, TakesWhatTheLedgerDoesNotCount) {
  const Folder folder(memory());
  Box box(folder.file());
  box.append_many(1, 3);
  box.close();
  box.sql("UPDATE ledger SET accepted = 0, queued = 0");
  box.open();
  ASSERT_FALSE(box.outbox->opened().set_aside);
  box.run([&](Outbox& o) { o.begin_withdrawal({.all = true, .source = ""}, box.now().observed); });
  EXPECT_TRUE(box.outbox->withdrawal_pending());
  EXPECT_EQ(box.lease_seqs(9), std::vector<Seq>{});
}

TEST(Withdrawal, WhoseCountIsTooLowEndsWithItsLastMessage) {
  const Folder folder(memory());
  Box box(folder.file());
  box.append_many(1, 6);
  box.run([&](Outbox& o) { o.begin_withdrawal({.all = true, .source = ""}, box.now().observed); });
  box.close();
  box.sql("UPDATE ledger SET withdrawal_left = 2");
  box.open();
  std::size_t left = 9;
  box.run([&](Outbox& o) { left = o.continue_withdrawal(2, box.now()); });
  EXPECT_EQ(left, 4U);
  EXPECT_EQ(box.lease_seqs(9), std::vector<Seq>{});
  box.run([&](Outbox& o) { left = o.continue_withdrawal(9, box.now()); });
  EXPECT_EQ(left, 0U);
  EXPECT_FALSE(box.outbox->withdrawal_pending());
  EXPECT_EQ(box.snapshot.ledger.withdrawn, 6);
}

}  // namespace
}  // namespace reporterd
