// Files at the edge between none, a fresh one and a damaged one; and who may wait for whom.
#include "store/opening.h"

#include <chrono>

#include "store/kept_state.h"
#include "tests/unit/store/pages.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

// Whether opening these bytes sets them aside.
bool is_set_aside(const std::string& bytes, const std::optional<std::string>& wal = {}) {
  const Folder folder(memory());
  write_bytes(folder.file(), bytes);
  if (wal) {
    write_bytes(folder.file() + "-wal", *wal);
  }
  Box box(folder.file());
  EXPECT_EQ(box.append(message(1)), Appended::queued);
  const auto& aside = box.outbox->opened().set_aside;
  EXPECT_TRUE(!aside || read_bytes(*aside) == bytes);
  return aside.has_value();
}

TEST(Opening, AStumpIsDamageAndAnEmptyFileIsNoneUnlessItHasALog) {
  EXPECT_FALSE(is_set_aside(""));
  EXPECT_FALSE(is_set_aside("", ""));
  EXPECT_TRUE(is_set_aside("", "x"));
  EXPECT_TRUE(is_set_aside("x"));
  EXPECT_TRUE(is_set_aside(std::string(511, 'x')));
  EXPECT_TRUE(is_set_aside(std::string(511, '\0')));
}

TEST(Opening, TheSmallestDatabaseThereIsIsNoStump) {
  const Folder folder(memory());
  Box::sql_on(folder.file(), "PRAGMA page_size = 512; PRAGMA application_id = 0x52505254");
  ASSERT_EQ(fs::file_size(folder.file()), 512U);
  EXPECT_FALSE(is_set_aside(read_bytes(folder.file())));
  EXPECT_EQ(open_to_look(folder.file()).error().code, ErrorCode::not_found);
  EXPECT_EQ(open_to_look(folder.file()).error().what,
            "there is no outbox in " + folder.file() + " yet");
  write_bytes(folder.file(), read_bytes(folder.file()).substr(0, 511));
  EXPECT_EQ(open_to_look(folder.file()).error().what,
            folder.file() + " is damaged: only its beginning is left");
}

// reporterctl may be looking at it, which takes milliseconds.
TEST(Opening, WaitsALittleForAFileThatIsLocked) {
  const Folder folder(memory());
  const Box box(folder.file());
  const auto begin = std::chrono::steady_clock::now();
  const auto opened = SqliteOutbox::open(folder.file(), {}, wall_at(day_zero_us));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::locked);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(900));
}

TEST(Opening, ALookLocksTheFileWhileItLasts) {
  const Folder folder(memory());
  Box(folder.file()).close();
  const auto look = open_to_look(folder.file());
  ASSERT_TRUE(look);
  EXPECT_EQ(open_to_look(folder.file()).error().code, ErrorCode::locked);
}

TEST(Opening, ALookSaysWhatIsThere) {
  const Folder folder(memory());
  EXPECT_EQ(open_to_look(folder.file()).error().what, "there is no outbox " + folder.file());
  write_bytes(folder.file(), std::string(4096, 'x'));
  EXPECT_EQ(open_to_look(folder.file()).error().code, ErrorCode::corrupt);
  EXPECT_EQ(read_kept_state(folder.file()).error().code, ErrorCode::corrupt);
  fs::remove(folder.file());
  Box box(folder.file());
  box.close();
  box.sql("DROP TABLE state");
  EXPECT_EQ(read_kept_state(folder.file()).error().what,
            folder.file() + " is damaged: no such table: state");
}

TEST(Opening, ASalvagedFileThatWaitsIsTakenEvenWhenTheDamagedOneIsGone) {
  const Folder folder(memory());
  Box box(folder.file());
  box.append_many(1, 3);
  box.close();
  ASSERT_EQ(make_salvaged(folder.file())->messages, 3);
  fs::remove(folder.file());
  box.open();
  EXPECT_EQ(box.snapshot.ledger.queued, 3);
  EXPECT_EQ(read_bytes(*box.outbox->opened().set_aside), "");
  EXPECT_EQ(exchange_salvaged(folder.file(), wall_at(day_zero_us)), std::nullopt);
}

TEST(Opening, AFileThatWasOnlySuspectedIsKeptAndNotLookedThroughAgain) {
  const Folder folder(memory());
  Box box(folder.file());
  box.append(message(1));
  box.close();
  suspect_file(folder.file());
  ASSERT_TRUE(fs::exists(folder.file() + ".suspect"));
  box.open();
  EXPECT_FALSE(box.outbox->opened().set_aside);
  EXPECT_FALSE(fs::exists(folder.file() + ".suspect"));
}

TEST(Opening, TheLogOfADamagedFileIsNotLaidOverTheSalvagedOne) {
  const Folder folder(memory());
  const Folder copy(memory());
  Box box(folder.file());
  box.append_many(1, 20);
  box.run([&](Outbox& o) { o.settle(1, State::delivered, "", box.now()); });
  copy_outbox(folder.file(), copy.file());
  ASSERT_EQ(make_salvaged(copy.file())->messages, 19);
  Box other(copy.file());
  ASSERT_TRUE(other.outbox->opened().set_aside);
  EXPECT_EQ(read_bytes(*other.outbox->opened().set_aside + "-wal"),
            read_bytes(folder.file() + "-wal"));
  EXPECT_EQ(other.lease_seqs(50).size(), 19U);
  EXPECT_EQ(other.find(1), std::nullopt) << "of what was settled the key alone is kept";
}

}  // namespace
}  // namespace reporterd
