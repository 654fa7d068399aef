// Damage: what is said about it, how it is told from what is not ours, what a salvage makes of it.

#include "store/examination.h"
#include "store/opening.h"
#include "store/salvage.h"
#include "tests/unit/store/pages.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t application_id = 0x52505254;
constexpr std::int64_t day_ms = 24LL * 3600 * 1000;

// Overwrites the first page of a table or index of the closed file.
void wipe(Box& box, const std::string& path, const std::string& name) {
  const auto root = static_cast<std::size_t>(
      box.sql("SELECT rootpage FROM sqlite_schema WHERE name = '" + name + "'"));
  ASSERT_GT(root, 0U) << name;
  std::string bytes = read_bytes(path);
  bytes.replace((root - 1) * page_bytes, page_bytes, page_bytes, '\0');
  write_bytes(path, bytes);
  write_bytes(path + ".suspect", "");
}

// Closes the outbox, changes it, damages `name` and opens it again.
void damage(Box& box, const Folder& folder, const std::string& change, const std::string& name) {
  box.close();
  if (!change.empty()) {
    box.sql(change);
  }
  wipe(box, folder.file(), name);
  box.open();
  EXPECT_TRUE(box.outbox->opened().set_aside);
}

std::string error_of_open(const std::string& path) {
  const auto opened = SqliteOutbox::open(path, {}, wall_at(day_zero_us));
  return opened ? "opened" : opened.error().what;
}

TEST(Damage, IsToldWithItsReason) {
  const Folder folder(memory());
  Box box(folder.file());
  box.append_many(1, 2);
  box.close();
  box.sql("PRAGMA ignore_check_constraints = ON; UPDATE message SET state = 9, settled_ms = 1");
  box.open();
  const auto done = box.attempt([&](Outbox& o) { o.remove(1, box.now()); });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().what, folder.file() + " is damaged: a message is in no state");
  EXPECT_EQ(box.attempt([](Outbox&) {}).error().what,
            folder.file() + " is damaged; restart reporterd to set it aside");
}

TEST(Damage, TheErrorOfEachKindOfFileSaysWhatToDo) {
  const Folder folder(memory());
  Box box(folder.file());
  EXPECT_EQ(error_of_open(folder.file()),
            "another reporterd uses " + folder.file() + "; stop it or use another --state-dir");
  const std::string theirs = folder.file() + ".theirs";
  Box::sql_on(theirs, "CREATE TABLE theirs(x)");
  EXPECT_EQ(error_of_open(theirs),
            theirs + " is not an outbox of reporterd; move it or use another --state-dir");
  const std::string marked = folder.file() + ".marked";
  Box::sql_on(marked, "PRAGMA application_id = 7");
  EXPECT_EQ(error_of_open(marked),
            marked + " is not an outbox of reporterd; move it or use another --state-dir");
  box.close();
  box.sql("UPDATE meta SET value = 2 WHERE name = 'min_reader_version'; PRAGMA user_version = 2");
  EXPECT_EQ(error_of_open(folder.file()),
            folder.file() + " was written by a newer reporterd; install that or a newer one");
  EXPECT_EQ(open_to_look(folder.file()).error().code, ErrorCode::newer_version);
  EXPECT_EQ(open_to_look(theirs).error().code, ErrorCode::invalid);
}

TEST(Damage, AFileOfOursWithoutTablesIsFreshOnlyWhileItIsSmall) {
  for (const std::int64_t pages : {2, 3}) {
    const Folder folder(memory());
    Box::sql_on(folder.file(), "PRAGMA application_id = " + std::to_string(application_id) +
                                   "; CREATE TABLE a(x); DROP TABLE a");
    if (pages == 3) {
      Box::sql_on(folder.file(),
                  "CREATE TABLE a(x); CREATE TABLE b(x); DROP TABLE a; DROP TABLE b");
    }
    ASSERT_EQ(Box::sql_on(folder.file(), "PRAGMA page_count"), pages);
    EXPECT_EQ(open_to_look(folder.file()).error().code,
              pages == 2 ? ErrorCode::not_found : ErrorCode::corrupt);
    Box box(folder.file());
    EXPECT_EQ(box.outbox->opened().set_aside.has_value(), pages == 3);
    EXPECT_EQ(box.append(message(1)), Appended::queued);
  }
}

TEST(Damage, AFreshFileIsMadeAsItHasToBe) {
  const Folder folder(memory());
  Box box(folder.file());
  box.append(message(1));
  EXPECT_TRUE(fs::exists(folder.file() + "-wal"));
  box.close();
  EXPECT_EQ(box.sql("PRAGMA application_id"), application_id);
  EXPECT_EQ(box.sql("PRAGMA auto_vacuum"), 2) << "incremental";
  EXPECT_EQ(box.sql("PRAGMA user_version"), 1);
  EXPECT_EQ(box.sql("SELECT value FROM meta WHERE name = 'min_reader_version'"), 1);
}

TEST(Damage, BytesOfWhatWasTakenBackAreNotInTheFile) {
  const Folder folder(memory());
  Box box(folder.file());
  NewMessage secret = message(1);
  secret.body = "{\"a\":\"not to be found\"}";
  box.append(secret);
  box.append(message(2));
  box.close_and_open();
  ASSERT_NE(read_bytes(folder.file()).find("not to be found"), std::string::npos);
  box.run([&](Outbox& o) { o.remove(1, box.now()); });
  box.close();
  EXPECT_EQ(read_bytes(folder.file()).find("not to be found"), std::string::npos);
}

TEST(Damage, TheFileSetAsideTakesTheFirstFreeNumber) {
  const Folder folder(memory());
  const std::string stem = folder.file() + ".damaged-20231114T221320Z-";
  write_bytes(stem + "1", "somebody's");
  write_bytes(stem + "2-wal", "somebody's");
  write_bytes(folder.file(), std::string(8192, 'g'));
  Box box(folder.file());
  EXPECT_EQ(box.outbox->opened().set_aside, stem + "3");
  EXPECT_EQ(read_bytes(stem + "1"), "somebody's");
  EXPECT_FALSE(fs::exists(stem + "2"));
}

TEST(Damage, ToTheSchemaShowsAtOnce) {
  const Folder folder(memory());
  Box box(folder.file());
  box.append(message(1));
  EXPECT_FALSE(box.outbox->opened().salvaged);
  EXPECT_EQ(fs::file_size(folder.file() + ".reserve"), 4U << 20);
  EXPECT_TRUE(box.outbox->examine(box.mark())->damage.empty());
  EXPECT_FALSE(fs::exists(folder.file() + ".suspect"));
  box.close();
  box.sql("DROP INDEX message_due");  // asked for with a flush only
  box.open();
  EXPECT_TRUE(box.outbox->opened().set_aside);
  EXPECT_EQ(box.lease_seqs(9), std::vector<Seq>{1});
}

TEST(Damage, AnExchangeThatGoesOnInTheNextLifeTellsWhatWasSalvaged) {
  const Folder folder(memory());
  Box box(folder.file());
  box.append_many(1, 3);
  box.append(report(4, "one"));
  box.run([](Outbox& o) { o.hold_source("one"); });
  box.close();
  box.sql("DELETE FROM message WHERE seq = 1");
  ASSERT_TRUE(make_salvaged(folder.file()));
  box.open();
  EXPECT_TRUE(box.outbox->opened().set_aside);
  EXPECT_EQ(box.outbox->opened().salvaged->messages, 3);
  EXPECT_EQ(box.outbox->opened().salvaged->lost, 1);
}

TEST(Repair, TellsWhatItSalvagedAndNothingOfASoundFile) {
  const Folder folder(memory());
  Box box(folder.file());
  box.append_many(1, 3);
  EXPECT_EQ(repair_file(folder.file(), wall_at(day_zero_us)).error().code, ErrorCode::locked);
  const ClockMark mark = box.mark();
  box.close();
  const auto sound = repair_file(folder.file(), wall_at(day_zero_us));
  ASSERT_TRUE(sound) << sound.error().what;
  EXPECT_EQ(sound->messages + sound->lost, 0);
  EXPECT_FALSE(fs::exists(folder.file() + ".suspect"));
  box.sql("DELETE FROM message WHERE seq = 2");
  const auto mended = repair_file(folder.file(), wall_at(day_zero_us));
  ASSERT_TRUE(mended) << mended.error().what;
  EXPECT_EQ(mended->messages, 2);
  EXPECT_EQ(mended->lost, 1);
  box.open();
  EXPECT_FALSE(box.outbox->opened().set_aside);
  EXPECT_EQ(box.outbox->opened().mark.observed_ms, mark.observed_ms);
  EXPECT_EQ(box.lease_seqs(9), (std::vector<Seq>{1, 3}));
}

TEST(Examination, CountsTheBytesInUseAsEveryCommitDoes) {
  const Folder folder(memory());
  Box box(folder.file());
  box.append_many(1, 500, 1000);
  box.run([&](Outbox& o) {
    for (Seq seq = 1; seq <= 100; ++seq) {
      o.remove(seq, box.now());
    }
  });
  box.run([](Outbox&) {});
  const auto found = box.outbox->examine(box.mark());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->bytes_used, box.snapshot.bytes_used);
  EXPECT_GT(found->bytes_used, static_cast<std::int64_t>(fs::file_size(folder.file() + "-wal")));
  EXPECT_EQ(found->ledger, box.snapshot.ledger);
  EXPECT_EQ(Box().outbox->examine({})->newest_accepted, std::nullopt);
}

TEST(Examination, CountsHeldMessagesToo) {
  const Folder folder(memory());
  Box box(folder.file());
  box.append(report(1, "one"));
  box.append(message(2));
  box.run([](Outbox& o) { o.hold_source("one"); });
  box.close();
  EXPECT_TRUE(examine_file(folder.file())->damage.empty());
  box.sql("UPDATE body SET json = '{}'");
  EXPECT_EQ(examine_file(folder.file())->wrong_waiting, 2);
  box.sql("UPDATE message SET state = 0 WHERE seq = 1");
  EXPECT_EQ(examine_file(folder.file())->damage.at(0),
            "the ledger counts 1 queued and 1 held messages, there are 2 and 0");
}

TEST(SalvageRules, NoDamagedNumberMakesAMessageWaitForEverOrAgeless) {
  const Folder folder(memory());
  Box box(folder.file());
  box.append_many(1, 3);
  const std::int64_t observed = box.mark().observed_ms;
  damage(box, folder,
         "UPDATE message SET due_ms = 1e15, accepted_ms = 1e14 WHERE seq = 1;"
         "UPDATE message SET due_ms = " +
             std::to_string(observed + day_ms) + " WHERE seq = 2",
         "message_special");
  EXPECT_EQ(box.find(1)->due, instant_at(observed + day_ms));
  EXPECT_EQ(box.find(2)->due, instant_at(observed + day_ms));
  EXPECT_LE(box.snapshot.oldest_accepted, instant_at(observed));
  std::size_t expired = 0;
  box.run([&](Outbox& o) { expired = o.expire(instant_at(observed + 1), 9, box.now()); });
  EXPECT_EQ(expired, 3U) << "the age of 1 is known to be no less";
}

TEST(SalvageRules, WithoutALedgerTheClockGoesOnBehindTheNewestMessage) {
  const Folder folder(memory());
  Box box(folder.file());
  box.append(message(1));
  box.append(message(2));
  const std::int64_t accepted = to_ms(box.now().observed);
  box.seconds += 50;
  damage(box, folder, "", "ledger");
  EXPECT_EQ(box.outbox->opened().mark.observed_ms, accepted);
  box.settle(1);
  box.settle(2);
  damage(box, folder, "", "ledger");
  EXPECT_EQ(box.outbox->opened().mark.observed_ms, accepted) << "also when none waits";
}

TEST(SalvageRules, WithoutALedgerWhatIsKnownIsCountedAndTheRestIsLost) {
  const Folder folder(memory());
  StoreSettings settings;
  Box box(folder.file(), settings);
  box.append_many(1, 10);
  box.append(report(11, "one"));
  box.run([&](Outbox& o) {
    o.hold_source("one");
    o.settle(1, State::delivered, "", box.now());
    o.settle(2, State::delivered, "", box.now());
    o.settle(3, State::rejected, "", box.now());
    o.remove(4, box.now());
  });
  damage(box, folder,
         "INSERT INTO settled_key SELECT ts_us, instance, sha FROM message WHERE seq = 1;"
         "DELETE FROM message WHERE seq IN (1, 5, 6); INSERT INTO withdrawal VALUES (-1, 7)",
         "ledger");
  const Ledger& ledger = box.snapshot.ledger;
  EXPECT_EQ(ledger.queued, 3) << "8 to 10";
  EXPECT_EQ(ledger.held, 1);
  EXPECT_EQ(ledger.withdrawn, 1) << "7";
  EXPECT_EQ(ledger.delivered, 1);
  EXPECT_EQ(ledger.rejected, 1);
  EXPECT_EQ(ledger.deleted, 1);
  EXPECT_EQ(ledger.lost, 2) << "5 and 6; of 1 there is the key";
  EXPECT_EQ(ledger.accepted, 10);
  EXPECT_EQ(box.snapshot.newest, 11);
  EXPECT_EQ(box.outbox->opened().salvaged->messages, 4);
  EXPECT_EQ(box.outbox->opened().salvaged->lost, 2);
  box.run([&](Outbox& o) { o.remove(8, box.now()); });
  EXPECT_TRUE(box.find(8)->may_have_arrived) << "nobody knows what was leased";
}

TEST(SalvageRules, KeysOfAnInstanceThatOnlyABodyStillNamesAreKept) {
  const Folder folder(memory());
  Box box(folder.file());
  NewMessage telling = message(1);
  telling.body =
      R"({"ts":"2023-11-14T22:13:20.001Z","data":{"service":"butler","serviceVersion":"5.1.0",)"
      R"("system":{"id":")" +
      instance('a') +
      R"(","arch":"x64","virtual":false},"enabledFeatures":{"api":{},"feature":{}}}})";
  box.append(telling);
  box.append(message(2));
  box.settle(2);
  box.close();
  wipe(box, folder.file(), "sqlite_autoindex_instance_1");
  wipe(box, folder.file(), "instance");
  box.open();
  EXPECT_EQ(box.snapshot.ledger.lost, 0);
  EXPECT_EQ(box.append(message(2)), Appended::duplicate);
  EXPECT_EQ(box.append(telling), Appended::duplicate);
}

TEST(SalvageRules, TheLongestMessageThatCanBeConfiguredIsSalvaged) {
  const Folder folder(memory());
  Box box(folder.file());
  box.append(message(1, 1 << 20));
  damage(box, folder, "", "message_special");
  EXPECT_EQ(box.snapshot.ledger.queued, 1);
}

TEST(SalvageRules, CopiesOfPagesAreCountedOnce) {
  const Folder folder(memory());
  Box box(folder.file());
  box.append_many(1, 5, 5000);
  box.append(report(6, "one"));
  box.run([](Outbox& o) { o.hold_source("one"); });
  box.settle(1);
  box.settle(2, State::rejected);
  box.run([&](Outbox& o) { EXPECT_TRUE(o.requeue(2, box.now())); });
  const Ledger before = box.snapshot.ledger;
  box.close();
  const std::string bytes = read_bytes(folder.file());
  write_bytes(folder.file(), bytes + bytes);
  wipe(box, folder.file(), "message_special");
  box.open();
  EXPECT_EQ(box.snapshot.ledger, before);
  box.close();
  EXPECT_EQ(box.sql("SELECT keys FROM ledger"), 1);
  EXPECT_EQ(box.sql("SELECT count(*) FROM settled_key"), 1);
  EXPECT_EQ(box.sql("SELECT ts_us - keys_newest_us FROM settled_key, ledger"), 0);
}

}  // namespace
}  // namespace reporterd
