// Disks without room or of one's own, other users, and kill -9, as Linux has them.
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "store/opening.h"
#include "store/salvage.h"
#include "tests/support/file_size_limit.h"
#include "tests/unit/store/pages.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

TEST(File, OnlyItsUserCanReadIt) {
  const Folder folder;
  Box box(folder.file());
  box.append(message(1));
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    struct stat info{};
    ASSERT_EQ(stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600U) << entry.path();
  }
}

TEST(File, EveryAcknowledgedMessageSurvivesKill9) {
  const Folder folder;
  for (int round = 0; round < 5; ++round) {
    int acknowledged[2];
    ASSERT_EQ(pipe(acknowledged), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      Box box(folder.file());
      for (std::int64_t n = box.snapshot.newest + 1;; ++n) {
        if (box.append(message(n)) != Appended::queued ||
            ::write(acknowledged[1], &n, sizeof n) != sizeof n) {
          _exit(1);
        }
      }
    }
    close(acknowledged[1]);
    std::int64_t last = 0;
    for (int i = 0; i < 20 + round * 7; ++i) {
      ASSERT_EQ(::read(acknowledged[0], &last, sizeof last), ssize_t{sizeof last});
    }
    kill(child, SIGKILL);
    while (::read(acknowledged[0], &last, sizeof last) == ssize_t{sizeof last}) {
    }
    close(acknowledged[0]);
    waitpid(child, nullptr, 0);
    Box box(folder.file());
    EXPECT_GE(box.snapshot.newest, last);
    EXPECT_EQ(box.snapshot.ledger.queued, box.snapshot.newest);
    EXPECT_EQ(box.list({.after = last - 1, .limit = 1}).at(0).key, message(last).key);
  }
}

TEST(File, AReadOnlyFileSystemIsAnErrorAndNothingIsSetAside) {
  const Folder folder;
  if (mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=8m") != 0) {
    GTEST_SKIP() << "SKIPPED: may not mount a file system here";
  }
  {
    Box box(folder.file());
    box.append(message(1));
  }
  mount("tmpfs", folder.path().c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, "size=8m");
  const auto opened = SqliteOutbox::open(folder.file(), {}, wall_at(day_zero_us));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::io);
  EXPECT_TRUE(fs::exists(folder.file()));
  umount(folder.path().c_str());
}

TEST(Repair, LeavesAnotherUsersFileAlone) {
  const Folder folder(memory());
  Box(folder.file()).close();
  if (chown(folder.file().c_str(), 65534, 65534) != 0) {
    GTEST_SKIP() << "SKIPPED: may not give files away here";
  }
  const auto refused = repair_file(folder.file(), wall_at(day_zero_us));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what,
            folder.file() +
                " is another user's; as that user: runuser -u USER -- reporterctl doctor --repair");
  EXPECT_FALSE(fs::exists(folder.file() + ".suspect"));
}

// A small disk of its own.
class SmallDisk {
 public:
  SmallDisk() { mounted = mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=12m") == 0; }
  ~SmallDisk() {
    if (mounted) {
      umount2(folder.path().c_str(), MNT_DETACH);
    }
  }
  void fill_up() {
    std::ofstream file(folder.path() / "filler", std::ios::binary);
    const std::string block(4096, 'f');
    while (file << block << std::flush) {
    }
  }
  void clear() { fs::remove(folder.path() / "filler"); }

  Folder folder;
  bool mounted = false;
};

TEST(DiskFull, ALimitOfTheFileSizeIsAFullDiskAndLosesNothing) {
  const Folder folder;
  Box box(folder.file());
  Seq stored = 0;
  {
    const FileSizeLimit limit(3 << 20);
    std::optional<Result<Snapshot>> last;
    Appended answer = Appended::queued;
    while ((!last || *last) && answer == Appended::queued) {
      ASSERT_LT(stored, 5000);
      Seq added = 0;
      last = box.attempt([&](Outbox& o) {
        answer = Appended::queued;
        for (added = 0; added < 50 && answer == Appended::queued;) {
          answer = o.append(message(stored + added + 1, 2000), box.now());
          added += answer == Appended::queued ? 1 : 0;
        }
      });
      stored += *last ? added : 0;
    }
    EXPECT_GT(stored, 100);
    EXPECT_TRUE(*last || last->error().code == ErrorCode::storage_full) << last->error().what;
  }
  box.seconds += 60;
  EXPECT_EQ(box.append(message(stored + 1, 2000)), Appended::queued);
  EXPECT_FALSE(box.snapshot.disk_full);
  EXPECT_EQ(box.lease_seqs(10'000, {.bytes = 100U << 20}).size(),
            static_cast<std::size_t>(stored) + 1);
  box.close_and_open();
  EXPECT_EQ(box.snapshot.ledger.queued, stored + 1);
}

TEST(DiskFull, IntakeStopsSettlingGoesOnAndItHeals) {
  SmallDisk disk;
  if (!disk.mounted) {
    GTEST_SKIP() << "SKIPPED: may not mount a small disk here";
  }
  Box box(disk.folder.file());
  box.append_many(1, 1000, 2000);
  ASSERT_TRUE(fs::exists(disk.folder.file() + ".reserve"));
  disk.fill_up();
  Appended answer = Appended::queued;
  for (std::int64_t n = 1001; answer == Appended::queued; ++n) {
    ASSERT_LT(n, 9000);
    answer = box.append(message(n, 2000));
  }
  EXPECT_EQ(answer, Appended::storage_full);
  EXPECT_TRUE(box.snapshot.disk_full);
  EXPECT_FALSE(fs::exists(disk.folder.file() + ".reserve"));
  for (Seq seq = 1; seq <= 500; ++seq) {
    ASSERT_TRUE(box.settle(seq)) << seq;
  }
  box.run([&](Outbox& o) { o.begin_withdrawal({.all = true, .source = ""}, box.now().observed); });
  while (box.outbox->withdrawal_pending()) {
    box.run([&](Outbox& o) { o.continue_withdrawal(100, box.now()); });
  }
  EXPECT_EQ(box.snapshot.ledger.queued, 0);
  disk.clear();
  box.seconds += 60;
  EXPECT_EQ(box.append(message(9999)), Appended::queued);
  EXPECT_FALSE(box.snapshot.disk_full);
  EXPECT_TRUE(fs::exists(disk.folder.file() + ".reserve"));
}

// Salvages the closed file of `box` where no file may be larger than what comes out.
void expect_small_log(const Folder& folder, std::int64_t messages) {
  const std::string to = folder.file() + ".to";
  ASSERT_EQ(salvage(folder.file(), to)->messages, messages);
  const std::uintmax_t needed = fs::file_size(to);
  fs::remove(to);
  const FileSizeLimit limit(needed + 2 * page_bytes);
  const auto again = salvage(folder.file(), to);
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(again->messages, messages);
}

// Its log is copied back in between; else it would grow beyond the file.
TEST(SalvageRules, ALargeOutboxIsSalvagedThroughASmallLog) {
  const Folder folder(memory());
  Box box(folder.file());
  box.append_many(1, 3500, 2000);
  box.close();
  expect_small_log(folder, 3500);
}

TEST(SalvageRules, ManyKeysAreSalvagedThroughASmallLog) {
  const Folder folder(memory());
  Box box(folder.file());
  box.append(message(1));
  box.close();
  box.sql(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) "
      "INSERT INTO settled_key SELECT ts_us + i, instance, sha FROM message, n");
  expect_small_log(folder, 1);
}

}  // namespace
}  // namespace reporterd
