// Trimming to the step and to the byte: what goes, in which order, and what stays counted.

#include "tests/unit/store/box.h"

namespace reporterd {
namespace {

StoreSettings keeping(std::size_t history_bytes, std::size_t key_bytes = 1 << 20) {
  StoreSettings settings;
  settings.history_bytes = history_bytes;
  settings.key_bytes = key_bytes;
  return settings;
}

// What the books of the closed file say is what is in it.
void expect_history_counted(Box& box) {
  box.close();
  EXPECT_EQ(box.sql("SELECT history_bytes FROM ledger"),
            box.sql("SELECT sum(256 + bytes * body_kept) FROM message WHERE state >= 2"));
  EXPECT_EQ(box.sql("SELECT keys FROM ledger"), box.sql("SELECT count(*) FROM settled_key"));
  EXPECT_EQ(box.sql("SELECT count(*) FROM body"),
            box.sql("SELECT count(*) FROM message WHERE state < 2 OR body_kept"));
  box.open();
}

// `count` messages of `bytes` each that are delivered, in one transaction.
void deliver(Box& box, std::int64_t count, std::size_t bytes = 100) {
  box.append_many(1, count, bytes);
  box.run([&](Outbox& o) {
    for (Seq seq = 1; seq <= count; ++seq) {
      o.settle(seq, State::delivered, "", box.now());
    }
  });
}

bool trim(Box& box) {
  ++box.seconds;
  const auto more = box.outbox->trim(box.mark());
  EXPECT_TRUE(more);
  return more.value_or(false);
}

std::int64_t with_body(Box& box) {
  std::int64_t count = 0;
  for (const Row& row : box.list({.settled = true, .limit = 10'000})) {
    count += row.body_kept ? 1 : 0;
  }
  return count;
}

TEST(History, IsCountedAsItIsWhateverBecomesOfMessages) {
  const Folder folder(memory());
  StoreSettings settings = keeping(4 << 20);
  Box box(folder.file(), settings);
  box.append_many(1, 12, 700);
  box.append(report(13, "one"));
  box.lease(3);
  box.settle(1, State::delivered);
  box.settle(2, State::rejected);
  box.run([&](Outbox& o) {
    o.remove(3, box.now());
    o.requeue(2, box.now());
    o.hold_source("one");
  });
  expect_history_counted(box);
  box.settle(2, State::expired);
  box.run([&](Outbox& o) {
    o.remove(13, box.now());
    o.begin_withdrawal({.all = true, .source = ""}, box.now().observed);
    o.continue_withdrawal(4, box.now());
  });
  expect_history_counted(box);
  const StoreSettings before = settings;
  settings.history_keep = std::chrono::seconds(4);  // the first two go, one with its body
  box.outbox->apply(settings);
  trim(box);
  EXPECT_EQ(box.find(1), std::nullopt);
  EXPECT_TRUE(box.find(13));
  expect_history_counted(box);
  settings = before;
  settings.history_bytes = 1200;
  box.outbox->apply(settings);
  trim(box);
  expect_history_counted(box);
  settings.history_bytes = 0;
  box.outbox->apply(settings);
  trim(box);
  expect_history_counted(box);
  box.close();
  EXPECT_EQ(box.sql("SELECT history_bytes FROM ledger"), 0);
}

TEST(History, LosesAFewStepsWithEachTransactionAndThreeMoreForEachThatEnds) {
  Box box(":memory:", keeping(4 << 20));
  deliver(box, 200);
  box.append_many(201, 202);
  box.outbox->apply(keeping(0));
  box.run([](Outbox&) {});
  EXPECT_EQ(with_body(box), 200 - 32) << "and a look trims after it looked";
  box.settle(201);
  EXPECT_EQ(with_body(box), 201 - 2 * 32 - 35);
}

TEST(History, IsTrimmedByManyStepsWhenThereIsNothingElseToDo) {
  StoreSettings settings = keeping(4 << 20);
  Box box(":memory:", settings);
  deliver(box, 1024 + 10);
  settings.history_keep = std::chrono::hours(1);
  box.outbox->apply(settings);
  box.seconds += 4000;
  EXPECT_TRUE(trim(box));
  EXPECT_EQ(box.list({.settled = true, .limit = 100}).size(), 10U);
  EXPECT_FALSE(trim(box));
  EXPECT_EQ(box.list({.settled = true}).size(), 0U);
}

TEST(History, SaysThatThereMayBeMoreAfterTheLastStep) {
  for (const std::int64_t count : {1023, 1024}) {
    StoreSettings settings = keeping(4 << 20);
    Box box(":memory:", settings);
    deliver(box, count);
    settings.history_keep = std::chrono::hours(1);
    box.outbox->apply(settings);
    box.seconds += 4000;
    EXPECT_EQ(trim(box), count == 1024);
    EXPECT_FALSE(trim(box));
  }
}

TEST(History, IsKeptForItsWholeTime) {
  StoreSettings settings;
  settings.history_keep = std::chrono::seconds(3600);
  Box box(":memory:", settings);
  box.append(message(1));
  box.settle(1);
  box.seconds += 3599;
  trim(box);  // a second later
  EXPECT_TRUE(box.find(1));
  box.seconds -= 1;
  trim(box);
  EXPECT_FALSE(box.find(1));
}

TEST(History, ThatIsOnlyOldGoesWithTheNextEndOfAMessageAndNotBefore) {
  StoreSettings settings;
  settings.history_keep = std::chrono::hours(1);
  Box box(":memory:", settings);
  box.append_many(1, 2);
  box.settle(1);
  box.seconds += 4000;
  box.run([](Outbox&) {});
  EXPECT_TRUE(box.find(1));
  box.settle(2);
  EXPECT_FALSE(box.find(1));
  EXPECT_TRUE(box.find(2));
  EXPECT_EQ(box.snapshot.bytes_limit, 64 << 20);
}

// Every byte of a body that goes is written to the log first.
TEST(History, LosesOnlySoManyBytesOfBodiesAtOnce) {
  for (const bool by_age : {false, true}) {
    for (const std::size_t last : {65536, 65535}) {
      StoreSettings settings = keeping(8 << 20);
      Box box(":memory:", settings);
      box.append_many(1, 15, 65536);
      box.append_many(16, 16, last);
      box.append_many(17, 40, 65536);
      box.run([&](Outbox& o) {
        for (Seq seq = 1; seq <= 40; ++seq) {
          o.settle(seq, State::delivered, "", box.now());
        }
      });
      if (by_age) {
        settings.history_keep = std::chrono::hours(1);
        box.seconds += 4000;
      } else {
        settings.history_bytes = 0;
      }
      box.outbox->apply(settings);
      EXPECT_TRUE(trim(box));
      settings.history_bytes = 8 << 20;  // so that a look trims nothing
      box.outbox->apply(settings);
      const std::int64_t first = last == 65536 ? 16 : 17;
      // By age a slice in idle time alone; else one more, as of each transaction, and its 16.
      EXPECT_EQ(with_body(box), by_age ? 40 - first : 40 - first - 16);
      EXPECT_EQ(box.find(1).has_value(), !by_age) << "bodies go before rows";
    }
  }
}

TEST(History, OnceAllItsBodiesAreGoneTheNextSearchBeginsBehindThem) {
  const Folder folder(memory());
  Box box(folder.file(), keeping(4 << 20));
  deliver(box, 20);
  box.append_many(21, 22);
  box.settle(21);
  box.run([&](Outbox& o) { o.remove(22, box.now()); });  // it leaves no body
  const std::int64_t newest = to_ms(box.now().observed);
  box.outbox->apply(keeping(0));
  box.run([](Outbox&) {});
  box.close();
  EXPECT_EQ(box.sql("SELECT bodies_gone_ms FROM ledger"), newest);
  EXPECT_EQ(box.sql("SELECT bodies_gone_seq FROM ledger"), 22);
  box.open();
  box.outbox->apply(keeping(0));
  box.append(message(30));
  box.settle(23);
  EXPECT_EQ(box.find(23), std::nullopt) << "what is settled later goes, too";
}

TEST(History, ThatFitsExactlyStillLosesItsOldestBodiesFirstLater) {
  const Folder folder(memory());
  Box box(folder.file(), keeping(4 * 256 + 2 * 1000));
  for (int n = 1; n <= 5; ++n) {
    box.append(message(n, 1000));
    box.settle(n);
    EXPECT_EQ(with_body(box), n <= 2 ? n : n <= 4 ? 2 : 1);
  }
  EXPECT_FALSE(box.find(4)->body_kept);
  EXPECT_TRUE(box.find(5)->body_kept);
  EXPECT_TRUE(box.find(1));
  expect_history_counted(box);
  box.close();
  EXPECT_EQ(box.sql("SELECT bodies_gone_seq FROM ledger"), 4);
  EXPECT_EQ(box.sql("SELECT bodies_gone_ms - settled_ms FROM ledger, message WHERE seq = 4"), 0);
}

TEST(History, ForgetsTheOldestKeysAndNoOthers) {
  const Folder folder(memory());
  Box box(folder.file(), keeping(0, 10 * 64));
  for (int n = 10; n <= 30; ++n) {
    box.append(message(n));
    box.settle(n - 9);
  }
  trim(box);
  EXPECT_EQ(box.append(message(20)), Appended::too_old);
  EXPECT_EQ(box.append(message(21)), Appended::duplicate);
  EXPECT_EQ(box.append(message(30)), Appended::duplicate);
  expect_history_counted(box);
  box.close();
  EXPECT_EQ(box.sql("SELECT keys FROM ledger"), 10);
}

TEST(History, ForgetsKeysInSlicesToo) {
  Box box(":memory:", keeping(0, 1 << 20));
  deliver(box, 1100);
  while (trim(box)) {
  }
  box.outbox->apply(keeping(0, 0));
  EXPECT_TRUE(trim(box));
  EXPECT_EQ(box.append(message(1025)), Appended::duplicate);
  EXPECT_FALSE(trim(box));
  EXPECT_EQ(box.append(message(1100)), Appended::too_old);
}

TEST(History, AnInstanceThatWasForgottenCanComeBack) {
  Box box(":memory:", keeping(0, 64));
  const auto of = [](char digit, std::int64_t n) {
    NewMessage made = message(n);
    made.key.instance_id = instance(digit);
    return made;
  };
  box.append(of('b', 20));
  box.append(of('c', 10));  // the one looked up last
  box.run([&](Outbox& o) {
    o.settle(1, State::delivered, "", box.now());
    o.settle(2, State::delivered, "", box.now());
  });
  trim(box);
  EXPECT_EQ(box.append(of('c', 10)), Appended::too_old) << "its key is gone";
  EXPECT_EQ(box.append(of('c', 30)), Appended::queued);
  EXPECT_EQ(box.find(3)->key.instance_id, instance('c'));
}

TEST(History, InstancesAreSweptAfterTheFirstKeyThatGoesInALife) {
  const Folder folder(memory());
  Box box(folder.file(), keeping(0, 2 * 64));
  deliver(box, 2);
  while (trim(box)) {
  }
  box.close();
  box.sql("INSERT INTO instance(name) VALUES ('orphan')");
  box.open();
  trim(box);
  box.close();
  EXPECT_EQ(box.sql("SELECT count(*) FROM instance"), 2) << "it reads all keys: not for nothing";
  box.open();
  box.append(message(3));
  box.settle(3);
  trim(box);
  box.close();
  EXPECT_EQ(box.sql("SELECT keys FROM ledger"), 2);
  EXPECT_EQ(box.sql("SELECT count(*) FROM instance"), 1);
}

TEST(History, FreePagesGoBackSliceBySliceUntilFewAreLeft) {
  const Folder folder(memory());
  Box box(folder.file());
  box.append_many(1, 1000, 2000);
  box.run([&](Outbox& o) {
    for (Seq seq = 1; seq <= 1000; ++seq) {
      o.remove(seq, box.now());
    }
  });
  while (trim(box)) {
  }
  EXPECT_FALSE(trim(box));
  box.close();
  EXPECT_LE(box.sql("PRAGMA freelist_count"), 256);
  EXPECT_GT(box.sql("PRAGMA freelist_count"), 256 - 64);
}

}  // namespace
}  // namespace reporterd
