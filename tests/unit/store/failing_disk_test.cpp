// Transactions on a disk that fails as it is told to: what is taken back, what is tried again.

#include <cerrno>

#include "store/files.h"
#include "tests/unit/store/pages.h"

namespace reporterd {
namespace {

using Seqs = std::vector<Seq>;

// SQLite's own file system, in whose calls for the file and its WAL something can go wrong.
class Disk {
 public:
  struct Write {
    std::int64_t at;
    std::string bytes;
  };

  Disk() {
    disk = this;
    sqlite3_vfs* const real = sqlite3_vfs_find(nullptr);
    vfs_ = *real;
    vfs_.zName = "failing";
    vfs_.xOpen = open;
    sqlite3_vfs_register(&vfs_, 0);
  }
  ~Disk() {
    sqlite3_vfs_unregister(&vfs_);
    disk = nullptr;
  }
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  bool wal_sync_fails = false;
  int wal_syncs_to_fail = 0;
  bool wal_write_finds_no_space = false;
  std::int64_t wal_grows_to = std::int64_t{1} << 40;
  bool file_write_fails = false;
  int file_writes_without_space = 0;
  int system_error = EIO;  // of each of these
  int file_opened = 0;
  int wal_synced = 0;
  std::vector<Write> wal_writes;

 private:
  static bool is_wal(sqlite3_file* file) { return file->pMethods == &disk->wal_; }
  static int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
    sqlite3_vfs* const real = sqlite3_vfs_find(nullptr);
    const int result = real->xOpen(real, name, file, flags, out);
    if (result != SQLITE_OK || (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) == 0) {
      return result;
    }
    disk->real_ = file->pMethods;
    sqlite3_io_methods& methods = (flags & SQLITE_OPEN_WAL) != 0 ? disk->wal_ : disk->file_;
    methods = *file->pMethods;
    methods.xWrite = write;
    methods.xSync = sync;
    file->pMethods = &methods;
    disk->file_opened += (flags & SQLITE_OPEN_MAIN_DB) != 0 ? 1 : 0;
    return result;
  }
  static int write(sqlite3_file* file, const void* data, int bytes, sqlite3_int64 at) {
    set_system_error(disk->system_error);
    const bool no_space = is_wal(file)
                              ? disk->wal_write_finds_no_space || at + bytes > disk->wal_grows_to
                              : disk->file_writes_without_space-- > 0;
    if (no_space) {
      return SQLITE_FULL;
    }
    if (!is_wal(file) && disk->file_write_fails) {
      return SQLITE_IOERR_WRITE;
    }
    if (is_wal(file)) {
      disk->wal_writes.push_back(
          {at, std::string(static_cast<const char*>(data), static_cast<std::size_t>(bytes))});
    }
    return disk->real_->xWrite(file, data, bytes, at);
  }
  static int sync(sqlite3_file* file, int flags) {
    set_system_error(disk->system_error);
    if (is_wal(file) && (disk->wal_sync_fails || disk->wal_syncs_to_fail-- > 0)) {
      return SQLITE_IOERR_FSYNC;
    }
    disk->wal_synced += is_wal(file) ? 1 : 0;
    return disk->real_->xSync(file, flags);
  }

  static inline Disk* disk = nullptr;
  sqlite3_vfs vfs_{};
  const sqlite3_io_methods* real_ = nullptr;
  sqlite3_io_methods file_{};
  sqlite3_io_methods wal_{};
};

StoreSettings on_failing_disk(std::size_t max_bytes = 64 << 20) {
  StoreSettings settings;
  settings.max_bytes = max_bytes;
  settings.vfs = "failing";
  return settings;
}

class FailingDisk : public testing::Test {
 protected:
  // The error of a transaction whose sync fails; the disk works again after it.
  Error fail_with(std::function<void(Outbox&)> work) {
    disk.wal_sync_fails = true;
    const auto done = box.attempt(std::move(work));
    disk.wal_sync_fails = false;
    EXPECT_FALSE(done);
    return done ? Error{} : done.error();
  }

  Disk disk;
  Folder folder{memory()};
  Box box{folder.file(), on_failing_disk()};
};

TEST_F(FailingDisk, AFailedCommitIsTakenBackAndTheFileOpenedAnew) {
  box.append_many(1, 3);
  const Ledger before = box.snapshot.ledger;
  const int opened = disk.file_opened;
  const Error error = fail_with([&](Outbox& o) {
    o.append(message(4), box.now());
    o.settle(1, State::delivered, "", box.now());
  });
  EXPECT_EQ(error.code, ErrorCode::io);
  EXPECT_TRUE(error.what.starts_with("cannot use " + folder.file() + ": ")) << error.what;
  EXPECT_EQ(disk.file_opened, opened);
  box.run([](Outbox&) {});
  EXPECT_EQ(disk.file_opened, opened + 2) << "to write the WAL again, and to read it then";
  EXPECT_GE(box.snapshot.ledger.accepted, before.accepted);
  box.run([](Outbox&) {});
  EXPECT_EQ(disk.file_opened, opened + 2) << "once";
}

TEST_F(FailingDisk, LeasesOfAFailedTransactionAreTakenBackAndReleasesToo) {
  box.append_many(1, 6);
  EXPECT_EQ(box.lease_seqs(3), (Seqs{1, 2, 3}));
  fail_with([&](Outbox& o) {
    o.put("something", "to commit");
    EXPECT_EQ(o.lease({.now = box.now().observed, .limit = 2, .bytes = 1 << 20}).messages.size(),
              2U);
    o.release(Seqs{1, 4});
  });
  EXPECT_EQ(box.lease_seqs(9), (Seqs{4, 5, 6})) << "1 to 3 are out as before";
  fail_with([&](Outbox& o) {
    o.put("something", "else");
    o.defer(2, box.now().observed, "HTTP 500");
  });
  box.run([](Outbox& o) { o.release(Seqs{3}); });
  EXPECT_EQ(box.lease_seqs(9), Seqs{3}) << "2 is still out";
}

TEST_F(FailingDisk, AWithdrawalThatWasNotCommittedIsNone) {
  box.append_many(1, 3);
  fail_with([&](Outbox& o) {
    o.begin_withdrawal({.all = true, .source = ""}, box.now().observed);
    o.continue_withdrawal(1, box.now());
  });
  EXPECT_FALSE(box.outbox->withdrawal_pending());
}

// What is in the WAL of an earlier connection may be in the cache only.
TEST_F(FailingDisk, TheWalOfAnEarlierLifeIsWrittenAgainByteForByteAndSynced) {
  box.append_many(1, 200, 2000);
  const std::string wal = read_bytes(folder.file() + "-wal");
  ASSERT_GT(wal.size(), 300'000U);
  const Folder copy(memory());
  write_bytes(copy.file(), read_bytes(folder.file()));
  write_bytes(copy.file() + "-wal", wal);
  disk.wal_writes.clear();
  const int synced = disk.wal_synced;
  Box other(copy.file(), on_failing_disk());
  other.run([](Outbox&) {});
  std::string written;
  for (const Disk::Write& write : disk.wal_writes) {
    ASSERT_EQ(write.at, static_cast<std::int64_t>(written.size()));
    ASSERT_LE(write.bytes.size(), 65536U);
    written += write.bytes;
  }
  EXPECT_TRUE(written == wal);
  EXPECT_EQ(disk.wal_synced, synced + 2) << "once more before it is copied into the file";
  EXPECT_EQ(other.snapshot.ledger.queued, 200);
  disk.wal_writes.clear();
  other.run([](Outbox&) {});
  EXPECT_TRUE(disk.wal_writes.empty()) << "once a life";
}

TEST_F(FailingDisk, NothingIsAcknowledgedBeforeTheWalOfAnEarlierLifeIsOnDisk) {
  box.append_many(1, 5);
  const Folder copy(memory());
  copy_outbox(folder.file(), copy.file());
  Box other(copy.file(), on_failing_disk());
  disk.wal_sync_fails = true;
  for (int i = 0; i < 2; ++i) {
    const auto done = other.attempt([](Outbox&) {});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::io);
    EXPECT_NE(done.error().what.find("disk I/O error"), std::string::npos) << done.error().what;
  }
  disk.wal_sync_fails = false;
  EXPECT_EQ(other.lease_seqs(9), (Seqs{1, 2, 3, 4, 5}));
}

TEST_F(FailingDisk, CommitsEndWhenTheWalIsTwiceItsShareAndTheFileCannotBeWritten) {
  const Folder small(memory());
  Box other(small.file(), on_failing_disk(2 << 20));  // of which the log has 128 KiB
  other.append(message(1));
  disk.file_write_fails = true;
  std::int64_t n = 1;
  Result<Snapshot> done = Snapshot{};
  while (done) {
    ASSERT_LT(n, 400);
    ++n;
    done = other.attempt([&](Outbox& o) { o.append(message(n, 2000), other.now()); });
  }
  EXPECT_EQ(done.error().code, ErrorCode::io);
  const auto wal = std::filesystem::file_size(small.file() + "-wal");
  EXPECT_GT(wal, 2U * (128 << 10));
  EXPECT_LT(wal, 2U * (128 << 10) + 60'000) << "one transaction more";
  disk.file_write_fails = false;
  EXPECT_EQ(other.append(message(n, 2000)), Appended::queued);
  EXPECT_EQ(other.snapshot.ledger.queued, n);
}

TEST_F(FailingDisk, OnAFullOneIntakeStopsForFiveSecondsAndThenTriesAgain) {
  box.append_many(1, 3);
  disk.wal_write_finds_no_space = true;
  Appended answer = Appended::queued;
  const auto done = box.attempt([&](Outbox& o) { answer = o.append(message(4, 5000), box.now()); });
  EXPECT_TRUE(!done || answer == Appended::storage_full);
  disk.wal_write_finds_no_space = false;
  for (int second = 1; second < 5; ++second) {
    EXPECT_EQ(box.append(message(4)), Appended::storage_full) << second;
    EXPECT_TRUE(box.snapshot.disk_full);
  }
  EXPECT_TRUE(box.settle(1));  // the fifth
  EXPECT_FALSE(box.snapshot.disk_full);
  EXPECT_EQ(box.append(message(4)), Appended::queued);
}

TEST_F(FailingDisk, OneSyncThatFailedIsEnoughToBelieveNothing) {
  box.append_many(1, 5);
  const Folder copy(memory());
  copy_outbox(folder.file(), copy.file());
  Box other(copy.file(), on_failing_disk());
  disk.wal_syncs_to_fail = 1;
  const auto done = other.attempt([](Outbox&) {});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().what, "cannot use " + copy.file() + ": disk I/O error");
  EXPECT_EQ(other.lease_seqs(9).size(), 5U);
}

TEST_F(FailingDisk, ASyncWithoutSpaceIsAFullDiskAndNoOtherError) {
  for (const int error : {full_disk_error(), EIO}) {
    box.append(message(error));
    disk.system_error = error;
    disk.wal_sync_fails = true;
    const auto done = box.attempt([&](Outbox& o) { o.put("a", std::to_string(error)); });
    disk.wal_sync_fails = false;
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, error == EIO ? ErrorCode::io : ErrorCode::storage_full) << error;
    box.seconds += 10;
    box.run([](Outbox&) {});
  }
}

TEST_F(FailingDisk, WhereTheLogCannotGrowItIsEmptiedAndSettlingGoesOn) {
  box.append_many(1, 100, 1000);
  disk.wal_grows_to = static_cast<std::int64_t>(std::filesystem::file_size(folder.file() + "-wal"));
  EXPECT_TRUE(box.settle(1));
  EXPECT_TRUE(box.snapshot.disk_full);
  EXPECT_EQ(std::filesystem::file_size(folder.file() + "-wal"), 0U) << "and kept empty";
  EXPECT_EQ(box.append(message(200)), Appended::storage_full);
}

TEST_F(FailingDisk, WithoutSpaceForTheFileItselfTheReserveIsGivenUp) {
  box.append_many(1, 5);
  const Folder copy(memory());
  copy_outbox(folder.file(), copy.file());
  Box other(copy.file(), on_failing_disk());
  disk.file_writes_without_space = 1;
  EXPECT_EQ(other.lease_seqs(9).size(), 5U);
  EXPECT_TRUE(other.snapshot.disk_full);
}

TEST_F(FailingDisk, AnInstanceOfAMessageThatWasNotTakenIsTakenWithTheNext) {
  box.append_many(1, 2);
  NewMessage other = message(3);
  other.key.instance_id = instance('b');
  disk.wal_write_finds_no_space = true;
  static_cast<void>(box.attempt([&](Outbox& o) { o.append(other, box.now()); }));
  disk.wal_write_finds_no_space = false;
  box.seconds += 10;
  EXPECT_EQ(box.append(other), Appended::queued);
  EXPECT_EQ(box.find(3)->key, other.key);
}

// Its frames are whole: a sync that failed need not have lost anything.
TEST_F(FailingDisk, ACommitThatHappenedAllTheSameIsBelievedOnceItIsRead) {
  box.append_many(1, 3);
  box.lease(3);
  box.settle(1, State::rejected);
  fail_with([&](Outbox& o) { EXPECT_TRUE(o.requeue(1, box.now())); });
  EXPECT_EQ(box.lease_seqs(9), Seqs{1});
  box.run([&](Outbox& o) { o.begin_withdrawal({.all = true, .source = ""}, box.now().observed); });
  fail_with([&](Outbox& o) { o.continue_withdrawal(9, box.now()); });
  EXPECT_TRUE(box.outbox->withdrawal_pending()) << "as long as nothing else is known";
  EXPECT_EQ(box.state_of(3), State::withdrawn);
  EXPECT_FALSE(box.outbox->withdrawal_pending());
  EXPECT_EQ(box.snapshot.ledger.withdrawn, 3);
}

TEST_F(FailingDisk, TheLogStaysWithinItsShareOfASmallOutbox) {
  const Folder small(memory());
  Box other(small.file());
  other.outbox->apply(on_failing_disk(1 << 20));  // of which the log has 64 KiB
  for (int life = 0; life < 2; ++life) {
    for (std::int64_t n = 1; n <= 60; ++n) {
      other.append(message(life * 100 + n, 1000));
    }
    EXPECT_LT(std::filesystem::file_size(small.file() + "-wal"), (64U << 10) + 60'000);
    other.close();
    other = Box(small.file(), on_failing_disk(1 << 20));
  }
}

TEST_F(FailingDisk, WhatCannotBeLookedThroughIsNoFinding) {
  box.append_many(1, 3);
  disk.wal_sync_fails = true;
  box.attempt([&](Outbox& o) { o.put("a", "b"); });
  const auto found = box.outbox->examine(box.mark());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::io);
  disk.wal_sync_fails = false;
  EXPECT_TRUE(box.outbox->examine(box.mark())->damage.empty());
  disk.wal_write_finds_no_space = true;
  box.attempt([&](Outbox& o) { o.put("a", "c"); });
  EXPECT_TRUE(box.outbox->examine(box.mark())) << "a full disk can be read";
}

}  // namespace
}  // namespace reporterd
