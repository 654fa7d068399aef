// The file: who may use it, what survives, what is set aside.

#include <fstream>

#include "tests/support/files.h"
#include "tests/unit/store/box.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

ErrorCode code_of_open(const std::string& path) {
  auto opened = SqliteOutbox::open(path, {}, wall_at(day_zero_us));
  EXPECT_FALSE(opened);
  return opened ? ErrorCode::unavailable : opened.error().code;
}

TEST(File, ASecondOpenerIsTurnedAway) {
  const Folder folder;
  Box box(folder.file());
  EXPECT_EQ(code_of_open(folder.file()), ErrorCode::locked);
  box.append(message(1));
  EXPECT_EQ(code_of_open(folder.file()), ErrorCode::locked);
  EXPECT_EQ(box.append(message(2)), Appended::queued);
}

TEST(File, EverythingIsThereAfterReopening) {
  const Folder folder;
  Box box(folder.file());
  box.append_many(1, 3);
  box.lease(1);
  box.defer(1, 100);
  box.settle(2, State::rejected, "no");
  const Snapshot before = box.snapshot;
  const ClockMark mark = box.mark();
  box.close_and_open();
  EXPECT_EQ(box.snapshot.ledger, before.ledger);
  EXPECT_EQ(box.snapshot.newest, 3);
  EXPECT_EQ(box.snapshot.oldest_queued, 1);
  EXPECT_EQ(box.outbox->opened().mark.observed_ms, mark.observed_ms);
  EXPECT_STREQ(box.outbox->opened().mark.boot_id, "boot");
  EXPECT_EQ(box.find(1)->attempts, 1);
  EXPECT_EQ(box.lease_seqs(9), std::vector<Seq>{3});
}

TEST(File, TheNextLifeBeginsAfterAllThatWasAccepted) {
  const Folder folder;
  Box box(folder.file());
  const Now ahead{box.now().observed + Millis(5000), box.now().wall};
  box.run([&](Outbox& outbox) { outbox.append(message(1), ahead); });
  box.crash();
  EXPECT_GE(box.outbox->opened().mark.observed_ms, to_ms(ahead.observed));
}

TEST(File, ACopyTakenBetweenTransactionsOpensAsOfTheLastCommit) {
  const Folder folder;
  const Folder copy;
  Box box(folder.file());
  for (int n = 1; n <= 20; ++n) {
    box.append(message(n));
    if (n % 3 == 0) {
      box.settle(n);
    }
    for (const char* end : {"", "-wal"}) {
      fs::copy_file(folder.file() + end, copy.file() + end, fs::copy_options::overwrite_existing);
    }
    Box other(copy.file());
    ASSERT_EQ(other.snapshot.ledger, box.snapshot.ledger) << n;
    other.outbox.reset();
    fs::remove(copy.file());
  }
}

TEST(File, ADamagedFileIsSetAsideUnderANameThatIsFree) {
  const Folder folder;
  for (int round = 1; round <= 2; ++round) {
    std::ofstream(folder.file()) << std::string(8192, 'g') << round;
    std::ofstream(folder.file() + "-wal") << "wal" << round;
    Box box(folder.file());
    const auto& aside = box.outbox->opened().set_aside;
    ASSERT_TRUE(aside);
    EXPECT_EQ(*aside, folder.file() + ".damaged-20231114T221320Z-" + std::to_string(round));
    EXPECT_EQ(read_bytes(*aside), std::string(8192, 'g') + std::to_string(round));
    EXPECT_EQ(box.append(message(1)), Appended::queued);
    box.close();
  }
}

TEST(File, ALedgerThatDoesNotBalanceIsDamage) {
  const Folder folder;
  Box box(folder.file());
  box.append(message(1));
  box.close();
  box.sql("UPDATE ledger SET accepted = 7");
  box.open();
  EXPECT_TRUE(box.outbox->opened().set_aside);
}

TEST(File, DamageMetWhileRunningIsFoundAgainByTheNextOpen) {
  const Folder folder;
  Box box(folder.file());
  box.append_many(1, 500, 1000);
  box.close();
  {
    std::fstream file(folder.file(), std::ios::in | std::ios::out | std::ios::binary);
    const auto size = static_cast<std::streamoff>(fs::file_size(folder.file()));
    for (std::streamoff page = 60; page < size / 4096 - 60; ++page) {  // bodies
      file.seekp(page * 4096);
      file << std::string(64, 'x');
    }
  }
  box.open();
  ASSERT_FALSE(box.outbox->opened().set_aside) << "start-up must not read the whole file";
  box.append(message(501));
  auto done = box.attempt(
      [&](Outbox& o) { o.lease({.now = box.now().observed, .limit = 500, .bytes = 1U << 30}); });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::corrupt);
  EXPECT_EQ(box.attempt([](Outbox&) {}).error().code, ErrorCode::corrupt);
  const std::string as_it_was_met = read_bytes(folder.file());
  box.outbox.reset();
  EXPECT_EQ(read_bytes(folder.file()), as_it_was_met) << "message 501 is still in the log only";
  box.open();
  EXPECT_TRUE(box.outbox->opened().set_aside);
}

TEST(File, ANewerFileThatForbidsUsIsLeftAlone) {
  const Folder folder;
  Box box(folder.file());
  box.append(message(1));
  box.close();
  box.sql("UPDATE meta SET value = 2 WHERE name = 'min_reader_version'; PRAGMA user_version = 2");
  const std::string before = read_bytes(folder.file());
  EXPECT_EQ(code_of_open(folder.file()), ErrorCode::newer_version);
  EXPECT_EQ(read_bytes(folder.file()), before);
}

TEST(File, ANewerFileThatAllowsUsIsUsed) {
  const Folder folder;
  Box box(folder.file());
  box.append(message(1));
  box.close();
  box.sql("PRAGMA user_version = 2; ALTER TABLE message ADD COLUMN later TEXT; CREATE TABLE x(y)");
  box.open();
  EXPECT_EQ(box.append(message(2)), Appended::queued);
  box.close();
  EXPECT_EQ(box.sql("PRAGMA user_version"), 2);
}

TEST(File, AnotherProgramsDatabaseIsLeftAlone) {
  const Folder folder;
  Box::sql_on(folder.file(), "CREATE TABLE theirs(x); INSERT INTO theirs VALUES (1)");
  const std::string before = read_bytes(folder.file());
  EXPECT_EQ(code_of_open(folder.file()), ErrorCode::invalid);
  EXPECT_EQ(read_bytes(folder.file()), before);
}

// Names are UTF-8 on every system.
TEST(File, ItsFolderMayHaveAnyName) {
  const Folder folder;
  const fs::path odd = folder.path() / u8"Zürich 東京";
  fs::create_directory(odd);
  const std::u8string name = (odd / "outbox.db").u8string();
  Box box(std::string(name.begin(), name.end()));
  EXPECT_EQ(box.append(message(1)), Appended::queued);
  box.crash();
  EXPECT_EQ(box.snapshot.ledger.queued, 1);
  EXPECT_TRUE(fs::exists(odd / "outbox.db.reserve"));
  box.close();
  box.sql("UPDATE ledger SET accepted = 7");
  box.open();
  EXPECT_TRUE(box.outbox->opened().set_aside);
  EXPECT_EQ(box.outbox->opened().salvaged->messages, 1);
}

TEST(File, AMissingFolderIsAnError) {
  const Folder folder;
  EXPECT_EQ(code_of_open((folder.path() / "no" / "outbox.db").string()), ErrorCode::io);
}

}  // namespace
}  // namespace reporterd
