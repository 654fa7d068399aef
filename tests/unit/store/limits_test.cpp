// Full outboxes, full disks, history and keys within their shares.

#include <sqlite3.h>

#include <fstream>

#include "tests/unit/store/box.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

StoreSettings small(std::size_t max_bytes) {
  StoreSettings settings;
  settings.max_bytes = max_bytes;
  settings.max_message_bytes = 4096;
  return settings;
}

// Appends until the outbox says that it is full; how many fitted.
std::int64_t fill(Box& box, std::int64_t from, const std::string& source = "") {
  std::int64_t n = from;
  while (box.append(report(n, source, source.empty() ? "" : "same", 2000)) == Appended::queued) {
    ++n;
  }
  return n - from;
}

TEST(Limits, AFullOutboxRefusesProgramsButStillSettlesAndTakesOwnReports) {
  const Folder folder;
  Box box(folder.file(), small(1 << 20));
  const std::int64_t fitted = fill(box, 1);
  EXPECT_GT(fitted, 100);
  EXPECT_LE(box.snapshot.bytes_used, 1 << 20);
  EXPECT_EQ(box.append(message(1, 2000)), Appended::duplicate);
  EXPECT_EQ(box.append(report(9000, "one")), Appended::queued);
  EXPECT_TRUE(box.settle(1));
  EXPECT_EQ(box.snapshot.ledger.queued, fitted);
}

TEST(Limits, AnOwnReportSupersedesAnOlderOneThatSaysTheSame) {
  Box box(":memory:", small(1 << 20));
  fill(box, 1);
  const std::int64_t first = box.snapshot.newest + 1;
  for (std::int64_t n = 5000; box.snapshot.ledger.superseded == 0; ++n) {
    ASSERT_LT(n, 6000);
    ASSERT_EQ(box.append(report(n, "one", "same", 2000)), Appended::queued);
  }
  EXPECT_EQ(box.state_of(first), State::superseded);
  EXPECT_EQ(box.append(report(7000, "one", "new", 2000)), Appended::storage_full);
  EXPECT_EQ(box.append(report(7001, "two", "same", 2000)), Appended::storage_full);
  EXPECT_TRUE(box.lease_seqs(10000).size() > 100);
  EXPECT_EQ(box.append(report(7002, "one", "same", 2000)), Appended::storage_full) << "all leased";
}

TEST(Limits, HistoryLosesBodiesFirstThenRowsAndKeysStay) {
  StoreSettings settings = small(64 << 20);
  settings.history_bytes = 40'000;  // 156 rows, or fewer with bodies
  Box box(":memory:", settings);
  for (int n = 1; n <= 100; ++n) {
    box.append(message(n, 1000));
    box.settle(n);
  }
  EXPECT_FALSE(box.find(1)->body_kept);
  EXPECT_TRUE(box.find(100)->body_kept);
  for (int n = 101; n <= 200; ++n) {
    box.append(message(n, 1000));
    box.settle(n);
  }
  EXPECT_FALSE(box.find(1));
  EXPECT_TRUE(box.find(200));
  EXPECT_EQ(box.append(message(1, 1000)), Appended::duplicate);
  EXPECT_EQ(box.append(message(1, 1001)), Appended::conflict);
  EXPECT_EQ(box.snapshot.ledger.delivered, 200);
}

TEST(Limits, HistoryIsForgottenAfterItsTime) {
  StoreSettings settings;
  settings.history_keep = std::chrono::hours(1);
  Box box(":memory:", settings);
  box.append_many(1, 3);
  box.settle(1);
  box.seconds += 1800;
  box.settle(2);
  box.seconds += 1801;
  auto more = box.outbox->trim(box.mark());
  ASSERT_TRUE(more);
  EXPECT_FALSE(*more);
  EXPECT_FALSE(box.find(1));
  EXPECT_TRUE(box.find(2));
  EXPECT_TRUE(box.find(3));
}

TEST(Limits, ForgottenKeysMakeOlderTimesTooOld) {
  StoreSettings settings;
  settings.history_bytes = 0;
  settings.key_bytes = 640;
  Box box(":memory:", settings);
  for (int n = 10; n <= 30; ++n) {
    box.append(message(n));
    box.settle(n - 9);
  }
  EXPECT_EQ(box.append(message(30)), Appended::duplicate);
  EXPECT_EQ(box.append(message(10)), Appended::too_old);
  EXPECT_EQ(box.append(message(5)), Appended::too_old);
  EXPECT_EQ(box.append(message(31)), Appended::queued);
}

TEST(Limits, InstancesWithoutAnyKeyAreForgotten) {
  StoreSettings settings;
  settings.history_bytes = 0;
  settings.key_bytes = 640;
  const Folder folder;
  Box box(folder.file(), settings);
  const auto named = [](std::int64_t n) {
    NewMessage made = message(n);
    made.key.instance_id.replace(0, 6, std::to_string(100'000 + n));
    return made;
  };
  for (std::int64_t round = 0; round < 5; ++round) {
    box.run([&](Outbox& o) {
      for (std::int64_t n = round * 500 + 1; n <= round * 500 + 500; ++n) {
        o.append(named(n), box.now());
        o.settle(n, State::delivered, "", box.now());
      }
    });
  }
  box.append(named(2501));
  while (box.outbox->trim(box.mark()).value()) {
  }
  box.close();
  EXPECT_LT(box.sql("SELECT count(*) FROM instance"), 1100);
  EXPECT_EQ(box.sql("SELECT count(*) FROM message WHERE instance NOT IN (SELECT id FROM instance)"),
            0);
  box.open();
  EXPECT_EQ(box.append(named(2500)), Appended::duplicate);
  EXPECT_EQ(box.append(named(2502)), Appended::queued);
  box.settle(2501);  // the first keys that go in this life
  while (box.outbox->trim(box.mark()).value()) {
  }
  box.close();
  EXPECT_LT(box.sql("SELECT count(*) FROM instance"), 20);
}

TEST(Limits, RelaxingGivesCacheBackAndHarmsNothing) {
  const Folder folder;
  Box box(folder.file());
  box.append_many(1, 300, 2000);
  const auto before = sqlite3_memory_used();
  box.outbox->relax();
  EXPECT_LT(sqlite3_memory_used(), before - 200'000);
  EXPECT_EQ(box.lease_seqs(1000).size(), 300U);
  EXPECT_EQ(box.append(message(301)), Appended::queued);
}

TEST(Limits, FreedPagesGoBackToTheFileSystem) {
  const Folder folder;
  Box box(folder.file());
  box.append_many(1, 3000, 2000);
  box.run([&](Outbox& o) { o.begin_withdrawal({.all = true, .source = ""}, box.now().observed); });
  while (box.outbox->withdrawal_pending()) {
    box.run([&](Outbox& o) { o.continue_withdrawal(5000, box.now()); });
  }
  for (int slice = 0; box.outbox->trim(box.mark()).value(); ++slice) {
    ASSERT_LT(slice, 100);
  }
  box.close();
  EXPECT_LT(fs::file_size(folder.file()), 3U << 20);
}

TEST(Limits, ASliceOfAWithdrawalOfLongMessagesDoesNotFillTheWal) {
  const Folder folder;
  Box box(folder.file(), small(32 << 20));
  box.append_many(1, 200, 60'000);
  box.close_and_open();
  box.run([&](Outbox& o) { o.begin_withdrawal({.all = true, .source = ""}, box.now().observed); });
  std::size_t left = 200;
  int slices = 0;
  for (; left > 0; ++slices) {
    ASSERT_LT(slices, 20);
    box.run([&](Outbox& o) { left = o.continue_withdrawal(500, box.now()); });
    EXPECT_LT(fs::file_size(folder.file() + "-wal"), 5 << 20);
  }
  EXPECT_GT(slices, 3);
  EXPECT_EQ(box.snapshot.ledger.withdrawn, 200);
}

TEST(Limits, SettingsApplyWhileOpen) {
  Box box(":memory:", small(1 << 20));
  fill(box, 1);
  box.outbox->apply(small(2 << 20));
  EXPECT_EQ(box.append(message(8000, 2000)), Appended::queued);
}

}  // namespace
}  // namespace reporterd
