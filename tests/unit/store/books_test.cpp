// The digest of a message; the ledger's row.
#include "store/books.h"

#include "store/digest.h"
#include "store/kept_state.h"
#include "tests/unit/store/pages.h"

namespace reporterd {
namespace {

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
