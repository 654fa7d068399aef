// The look through the whole file, and what it leads to.
#include "store/examination.h"

#include <fstream>

#include "tests/unit/store/box.h"

namespace reporterd {
namespace {

// A closed outbox with three messages that wait and one that is delivered.
void fill_small(const Folder& folder) {
  Box box(folder.file());
  box.run([&](Outbox& outbox) {
    for (int n = 1; n <= 4; ++n) {
      outbox.append(message(n), box.now());
    }
  });
  box.run([&](Outbox& outbox) { outbox.settle(1, State::delivered, "", box.now()); });
  box.close();
}

void change(const Folder& folder, const char* sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(folder.file().c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
}

TEST(Examination, FindsNothingInASoundFile) {
  const Folder folder;
  fill_small(folder);
  const auto found = examine_file(folder.file());
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_TRUE(found->damage.empty()) << found->damage.front();
  EXPECT_EQ(found->wrong_waiting + found->wrong_settled, 0);
  EXPECT_EQ(found->ledger.queued, 3);
  EXPECT_EQ(found->ledger.delivered, 1);
  EXPECT_GT(found->bytes_used, 0);
  EXPECT_GE(found->newest_accepted, wall_at(day_zero_us));
}

TEST(Examination, FindsNothingWhileAWithdrawalIsUnderWay) {
  Box box;
  box.append_many(1, 3);
  box.run([&](Outbox& outbox) { outbox.begin_withdrawal({.all = true}, box.now().observed); });
  const auto found = box.outbox->examine(box.mark());
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_TRUE(found->damage.empty()) << found->damage.front();
}

TEST(Examination, FindsALedgerThatCountsOtherMessagesThanThereAre) {
  const Folder folder;
  fill_small(folder);
  change(folder, "DELETE FROM message WHERE seq = 2");
  const auto found = examine_file(folder.file());
  ASSERT_TRUE(found) << found.error().what;
  ASSERT_EQ(found->damage.size(), 1U);
  EXPECT_EQ(found->damage.front(),
            "the ledger counts 3 queued and 0 held messages, there are 2 and 0");
}

TEST(Examination, FindsALedgerThatDoesNotBalance) {
  const Folder folder;
  fill_small(folder);
  change(folder, "UPDATE ledger SET accepted = 9");
  const auto found = examine_file(folder.file());
  ASSERT_TRUE(found) << found.error().what;
  ASSERT_FALSE(found->damage.empty());
  EXPECT_EQ(found->damage.front(), "the ledger does not balance");
}

TEST(Examination, FindsAnIndexThatMissesARow) {
  const Folder folder;
  fill_small(folder);
  change(folder,
         "PRAGMA writable_schema = ON;"
         "UPDATE sqlite_schema SET sql = sql || ' AND seq > 2' WHERE name = 'message_queued'");
  change(folder, "REINDEX message_queued");
  change(folder,
         "PRAGMA writable_schema = ON;"
         "UPDATE sqlite_schema SET sql = replace(sql, ' AND seq > 2', '') "
         "WHERE name = 'message_queued'");
  const auto found = examine_file(folder.file());
  ASSERT_TRUE(found) << found.error().what;
  ASSERT_FALSE(found->damage.empty());
  EXPECT_NE(found->damage.front().find("missing from index message_queued"), std::string::npos)
      << found->damage.front();
}

TEST(Examination, CountsBodiesThatDoNotMatchTheirHash) {
  const Folder folder;
  fill_small(folder);
  change(folder, "UPDATE body SET json = replace(json, '{', '[') WHERE seq IN (1, 3)");
  const auto found = examine_file(folder.file());
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_TRUE(found->damage.empty());
  EXPECT_EQ(found->wrong_waiting, 1);
  EXPECT_EQ(found->wrong_settled, 1);
}

TEST(Examination, OfARunningOutboxMakesTheNextStartSalvageWhatIsDamaged) {
  const Folder folder;
  fill_small(folder);
  change(folder, "DELETE FROM message WHERE seq = 2");
  Box box(folder.file());
  EXPECT_FALSE(box.outbox->opened().set_aside);
  const auto found = box.outbox->examine(box.mark());
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_EQ(found->damage.size(), 1U);
  box.close_and_open();
  EXPECT_TRUE(box.outbox->opened().set_aside);
  EXPECT_EQ(box.snapshot.ledger.queued, 2);
  EXPECT_EQ(box.snapshot.ledger.lost, 1);
  EXPECT_TRUE(box.snapshot.ledger.balances());
}

// Where the tree of the table of withdrawals, which is rarely looked at, has its page.
std::int64_t page_of_withdrawals(const Folder& folder) {
  sqlite3* database = nullptr;
  std::int64_t page = 0;
  sqlite3_open(folder.file().c_str(), &database);
  const auto take = [](void* to, int, char** texts, char**) {
    *static_cast<std::int64_t*>(to) = std::stoll(texts[0]);
    return 0;
  };
  sqlite3_exec(database, "SELECT rootpage FROM sqlite_schema WHERE name = 'withdrawal'", take,
               &page, nullptr);
  sqlite3_close(database);
  return page;
}

TEST(Examination, OfARunningOutboxThatMeetsADamagedPageStopsNothing) {
  const Folder folder;
  fill_small(folder);
  const std::int64_t page = page_of_withdrawals(folder);
  ASSERT_GT(page, 1);
  Box box(folder.file());
  std::fstream(folder.file(), std::ios::in | std::ios::out | std::ios::binary)
      .seekp((page - 1) * 4096)
      .write(std::string(4096, '\xff').data(), 4096);
  box.outbox->relax();  // so that it is read again
  const auto found = box.outbox->examine(box.mark());
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_FALSE(found->damage.empty());
  EXPECT_EQ(box.append(message(9)), Appended::queued);
}

TEST(Examination, LeavesAWalWhoseFileWasEmptiedAsItIs) {
  const Folder folder;
  std::ofstream(folder.file()).flush();
  std::ofstream(folder.file() + "-wal") << "what was acknowledged";
  const auto found = examine_file(folder.file());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::corrupt);
  EXPECT_EQ(std::filesystem::file_size(folder.file() + "-wal"), 21U);
}

TEST(Examination, SaysWhyAFileCannotBeLookedAt) {
  const Folder folder;
  const auto found = examine_file(folder.file());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace reporterd
