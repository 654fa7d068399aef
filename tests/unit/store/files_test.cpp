// Files beside SQLite's own: private ones, second names, the reserve; the digest; the ledger's row.
#include "store/files.h"

#include <sys/stat.h>
#include <unistd.h>

#include "store/books.h"
#include "store/digest.h"
#include "store/kept_state.h"
#include "store/reserve.h"
#include "tests/support/file_size_limit.h"
#include "tests/unit/store/pages.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

std::size_t open_descriptors() {
  const fs::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

bool tells(const Status& failed, ErrorCode code, const std::string& what) {
  return !failed && failed.error().code == code &&
         failed.error().what.find(what) != std::string::npos;
}

TEST(Files, APrivateFileIsMadeOnceAndLeftAsItIs) {
  const Folder folder(memory());
  const std::size_t before = open_descriptors();
  EXPECT_FALSE(file_exists(folder.file()));
  ASSERT_TRUE(make_private_file(folder.file()));
  EXPECT_TRUE(file_exists(folder.file()));
  EXPECT_TRUE(is_own_file(folder.file()));
  struct stat info{};
  ASSERT_EQ(stat(folder.file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  write_file(folder.file(), "kept");
  ASSERT_TRUE(make_private_file(folder.file()));
  EXPECT_EQ(file_bytes(folder.file()), "kept");
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_TRUE(tells(make_private_file(folder.file() + "/x"), ErrorCode::io,
                    "cannot open " + folder.file() + "/x: Not a directory"));
}

TEST(Files, AnotherUsersFileIsNotOurs) {
  const Folder folder(memory());
  EXPECT_FALSE(is_own_file(folder.file()));
  write_file(folder.file(), "");
  if (chown(folder.file().c_str(), 65534, 65534) != 0) {
    GTEST_SKIP() << "SKIPPED: may not give files away here";
  }
  EXPECT_FALSE(is_own_file(folder.file()));
}

TEST(Files, ASecondNameIsGivenOnlyWhereNoneIs) {
  const Folder folder(memory());
  const std::string first = folder.file();
  const std::string second = first + ".second";
  write_file(first, "one");
  ASSERT_TRUE(link_file(first, second));
  EXPECT_EQ(file_bytes(second), "one");
  EXPECT_TRUE(tells(link_file(first, second), ErrorCode::conflict,
                    "cannot link " + first + " to " + second + ": File exists"));
  EXPECT_TRUE(tells(link_file(first + "x", second + "x"), ErrorCode::io, "No such file"));
  EXPECT_TRUE(remove_file(first));
  EXPECT_FALSE(remove_file(first));
  EXPECT_EQ(file_bytes(second), "one");
}

TEST(Files, OneThatReplacesAnotherHasItsNameAlone) {
  const Folder folder(memory());
  const std::string from = folder.file() + ".new";
  write_file(from, "new");
  write_file(folder.file(), "old");
  ASSERT_TRUE(replace_file(from, folder.file()));
  EXPECT_EQ(file_bytes(folder.file()), "new");
  EXPECT_FALSE(file_exists(from));
  EXPECT_TRUE(tells(replace_file(from, folder.file()), ErrorCode::io,
                    "cannot move " + from + " to " + folder.file() + ": No such file"));
}

TEST(Files, SyncingAFolderLeavesNoDescriptorOpen) {
  const Folder folder(memory());
  const std::size_t before = open_descriptors();
  for (const std::string& path : {folder.file(), folder.file() + "/no/x", std::string("x")}) {
    sync_folder_of(path);
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Files, AnOutboxThatIsClosedLeavesNoDescriptorOpen) {
  const Folder folder(memory());
  const std::size_t before = open_descriptors();
  {
    Box box(folder.file());
    box.append(message(1));
    box.crash();
    box.close();
    write_file(folder.file() + ".suspect", "");
    box.sql("DELETE FROM message");
    box.open();
    EXPECT_TRUE(box.outbox->opened().set_aside);
    box.close();
    EXPECT_TRUE(read_kept_state(folder.file()));
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Reserve, OccupiesItsBytesUntilItIsGivenUp) {
  const Folder folder(memory());
  const std::size_t before = open_descriptors();
  Reserve reserve(folder.file(), 100'000);
  EXPECT_TRUE(reserve.make());
  EXPECT_EQ(fs::file_size(folder.file()), 100'000U);
  struct stat info{};
  ASSERT_EQ(stat(folder.file().c_str(), &info), 0);
  EXPECT_GE(info.st_blocks * 512, 100'000);
  EXPECT_TRUE(reserve.make()) << "it is there";
  reserve.give_up();
  EXPECT_FALSE(fs::exists(folder.file()));
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_FALSE(Reserve(folder.file() + "/no/x", 1).make());
  Reserve none("", 1);
  EXPECT_TRUE(none.make());
  none.give_up();
}

TEST(Reserve, ThatFindsNoSpaceLeavesNothing) {
  const Folder folder(memory());
  const FileSizeLimit limit(50'000);
  EXPECT_FALSE(Reserve(folder.file(), 100'000).make());
  EXPECT_FALSE(fs::exists(folder.file()));
}

TEST(MessageDigest, IsOverIdThenTimeThenBytes) {
  const std::int64_t ts = 0x0102030405060708;
  const std::string bytes = "id" + std::string("\x08\x07\x06\x05\x04\x03\x02\x01", 8) + "body";
  MessageDigest digest;
  EXPECT_EQ(digest.of("id", ts, "body"), sha256(bytes));
  EXPECT_EQ(digest.of("id", ts, "body"), sha256(bytes)) << "also the second time";
  EXPECT_NE(digest.of("id", ts, "bodY"), sha256(bytes));
  EXPECT_EQ(sha256("abc")[0], std::byte{0xba});
  EXPECT_EQ(sha256("abc")[31], std::byte{0xad});
}

TEST(Books, AreReadBackAsTheyWereSaved) {
  const Folder folder(memory());
  Box(folder.file()).close();
  Books books;
  std::int64_t value = 100;
  for (std::int64_t* number : numbers_of(books)) {
    *number = ++value;
  }
  books.ledger.accepted =
      books.ledger.queued + books.ledger.held + books.ledger.settled() - books.ledger.requeued;
  const ClockMark mark{11, 12, "a boot's id"};
  const auto database = Database::open(folder.file(), "");
  BookKeeper keeper(**database);
  keeper.save(books, mark);
  Books read;
  ClockMark clock;
  ASSERT_TRUE(keeper.load(read, clock));
  EXPECT_EQ(read, books);
  EXPECT_EQ(clock.observed_ms, 11);
  EXPECT_EQ(clock.since_boot_ms, 12);
  EXPECT_STREQ(clock.boot_id, "a boot's id");
}

TEST(Books, ThatCannotBeRightAreDamage) {
  const std::string id(36, 'b');
  for (const std::string& change :
       {std::string("DELETE FROM ledger"), std::string("UPDATE ledger SET keys = -1"),
        std::string("UPDATE ledger SET accepted = 1"),
        std::string("UPDATE ledger SET withdrawal_left = 1"),
        std::string("INSERT INTO withdrawal VALUES (1, 1)"),
        "UPDATE ledger SET boot_id = '" + id + "b'"}) {
    const Folder folder(memory());
    Box box(folder.file());
    box.close();
    box.sql(change);
    box.open();
    EXPECT_TRUE(box.outbox->opened().set_aside) << change;
  }
  const Folder folder(memory());
  Box box(folder.file());
  box.close();
  box.sql("UPDATE ledger SET boot_id = '" + id + "'");
  box.open();
  EXPECT_EQ(box.outbox->opened().mark.boot_id, id);
}

TEST(Books, KnowTheirHighestPosition) {
  const Folder folder(memory());
  Box box(folder.file());
  box.append_many(1, 2);
  box.close();
  box.sql("UPDATE ledger SET newest = 1");
  box.open();
  EXPECT_TRUE(box.outbox->opened().set_aside) << "there is a message beyond it";
  EXPECT_EQ(box.snapshot.newest, 2);
}

TEST(Books, HaveTheMarkOfTheCloseWhateverHappenedBefore) {
  const Folder folder(memory());
  Box box(folder.file());
  box.append(message(1));
  box.close_and_open();
  box.seconds += 500;
  box.close_and_open();
  EXPECT_EQ(box.outbox->opened().mark.observed_ms, box.mark().observed_ms);
}

}  // namespace
}  // namespace reporterd
