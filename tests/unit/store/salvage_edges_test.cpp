// Salvage where something else is special: the WAL, a withdrawal, names, a crash in between.

#include <algorithm>

#include "store/opening.h"
#include "tests/support/files.h"
#include "tests/unit/store/box.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

// An outbox whose closed file is damaged in one table or index, and opened again.
class Damaged {
 public:
  void wipe(const std::string& name) {
    const auto root = static_cast<std::size_t>(
        box.sql("SELECT rootpage FROM sqlite_schema WHERE name = '" + name + "'"));
    ASSERT_GT(root, 0U) << name;
    std::string bytes = read_bytes(folder.file());
    bytes.replace((root - 1) * page_bytes, page_bytes, page_bytes, '\0');
    write_bytes(folder.file(), bytes);
    write_bytes(folder.file() + ".suspect", "");
  }
  const Ledger& reopen() {
    box.open();
    EXPECT_TRUE(box.outbox->opened().set_aside);
    return box.snapshot.ledger;
  }
  Folder folder;
  Box box{folder.file()};
};

std::string telemetry(const std::string& id) {
  return R"({"ts":"2023-11-14T22:13:20.001Z","data":{"service":"butler","serviceVersion":"5.1.0",)"
         R"("system":{"id":")" +
         id + R"(","arch":"x64","virtual":false},"enabledFeatures":{"api":{},"feature":{}}}})";
}

TEST(SalvageEdges, RandomBytesAndASingleByteAreSetAsideAndNothingIsMadeUp) {
  std::string noise(100'000, '\0');
  std::uint64_t number = 1;
  for (char& byte : noise) {
    number = number * 6364136223846793005U + 1442695040888963407U;
    byte = static_cast<char>(number >> 56);
  }
  for (const std::string& bytes : {noise, std::string("x"), std::string(100'000, '\x0d')}) {
    const Folder folder;
    write_bytes(folder.file(), bytes);
    write_bytes(folder.file() + "-wal", bytes);
    Box box(folder.file());
    const OpenReport& opened = box.outbox->opened();
    ASSERT_TRUE(opened.set_aside);
    EXPECT_EQ(read_bytes(*opened.set_aside), bytes);
    EXPECT_EQ(read_bytes(*opened.set_aside + "-wal"), bytes);
    EXPECT_EQ(opened.salvaged->messages, 0);
    EXPECT_EQ(box.snapshot.ledger, Ledger{});
    EXPECT_EQ(box.append(message(1)), Appended::queued);
  }
}

TEST(SalvageEdges, AnEmptyFileIsANewOne) {
  const Folder folder;
  write_bytes(folder.file(), "");
  Box box(folder.file());
  EXPECT_FALSE(box.outbox->opened().set_aside);
}

TEST(SalvageEdges, AWalWhoseFileWasEmptiedStillHasItsMessages) {
  const Folder folder;
  const Folder copy;
  Box box(folder.file());
  box.append_many(1, 30);
  box.close();
  sqlite3* everything = nullptr;  // into the WAL
  ASSERT_EQ(sqlite3_open(folder.file().c_str(), &everything), SQLITE_OK);
  ASSERT_EQ(
      sqlite3_exec(everything, "PRAGMA wal_autocheckpoint = 0; VACUUM", nullptr, nullptr, nullptr),
      SQLITE_OK);
  fs::copy_file(folder.file() + "-wal", copy.file() + "-wal");
  sqlite3_close(everything);
  write_bytes(copy.file(), "");
  Box other(copy.file());
  EXPECT_TRUE(other.outbox->opened().set_aside);
  EXPECT_EQ(other.lease_seqs(50).size(), 30U);
}

TEST(SalvageEdges, OfATornWalEverythingUpToItsLastWholeCommitIsThere) {
  const Folder folder;
  Box box(folder.file());
  std::vector<std::size_t> committed_at;  // size of the WAL
  for (int n = 1; n <= 12; ++n) {
    box.append(message(n, n == 5 ? 20'000 : 100));
    committed_at.push_back(fs::file_size(folder.file() + "-wal"));
  }
  const std::string wal = read_bytes(folder.file() + "-wal");
  std::string file = read_bytes(folder.file());
  file.replace(0, 100, 100, '\xff');
  for (std::size_t cut = committed_at.front(); cut <= wal.size(); cut += 2000) {
    const Folder copy;
    write_bytes(copy.file(), file);
    // Something unsound stands where the WAL was not written to its end.
    write_bytes(copy.file() + "-wal", wal.substr(0, cut) + std::string(5000, '\x17'));
    const auto whole = std::ranges::count_if(committed_at, [&](auto at) { return at <= cut; });
    if (cut >= committed_at.back()) {
      continue;  // page 1 in the WAL is newer: SQLite reads all of it
    }
    Box other(copy.file());
    EXPECT_EQ(other.snapshot.ledger.queued, whole) << cut;
    EXPECT_EQ(other.snapshot.ledger.accepted, whole) << cut;
    EXPECT_EQ(std::ssize(other.lease_seqs(50)), whole) << cut;
  }
}

TEST(SalvageEdges, PositionsStateSourceAndOwnersWillAreTakenOver) {
  Damaged it;
  Box& box = it.box;
  box.append_many(1, 3);
  box.append(report(4, butler, "same"));
  box.append(report(5, butler, "same"));
  box.run([&](Outbox& o) {
    o.hold_source(butler);
    o.put("pause", "{}");
    o.put("id:" + butler, "{\"id\":1}");
  });
  box.settle(1);
  box.defer(3, 500);
  const Ledger before = box.snapshot.ledger;
  const Seq newest = box.snapshot.newest;
  const std::int64_t observed = box.mark().observed_ms;
  box.close();
  it.wipe("message_due");
  EXPECT_EQ(it.reopen(), before);
  EXPECT_EQ(box.snapshot.newest, newest);
  EXPECT_EQ(box.outbox->opened().mark.observed_ms, observed);
  EXPECT_EQ(box.outbox->opened().salvaged->messages, 4);
  EXPECT_EQ(box.state_of(4), State::held);
  EXPECT_EQ(box.find(5)->source, butler);
  EXPECT_EQ(box.find(3)->attempts, 1);
  EXPECT_EQ(box.lease_seqs(9), std::vector<Seq>{2})
      << "3 waits for its own retry, 4 and 5 are held";
  EXPECT_EQ(box.append(message(1)), Appended::duplicate);
  EXPECT_EQ(box.append(message(2)), Appended::duplicate);
  EXPECT_EQ(box.append(message(6)), Appended::queued);
  box.run([&](Outbox& o) {
    EXPECT_EQ(o.get("pause"), "{}");
    EXPECT_EQ(o.get("id:" + butler), "{\"id\":1}");
    o.release_source(butler);
  });
  EXPECT_EQ(box.lease_seqs(9), (std::vector<Seq>{4, 5, 6}));
}

TEST(SalvageEdges, WhatAWithdrawalMarkedIsNeverQueuedAgain) {
  for (const bool mark_is_gone : {false, true}) {
    Damaged it;
    it.box.append_many(1, 20);
    it.box.run([&](Outbox& o) {
      o.begin_withdrawal({.all = true, .source = ""}, it.box.now().observed);
      o.continue_withdrawal(5, it.box.now());
    });
    it.box.close();
    it.wipe("message_due");
    if (mark_is_gone) {
      it.wipe("withdrawal");
    }
    const Ledger& ledger = it.reopen();
    EXPECT_EQ(ledger.queued, 0);
    EXPECT_EQ(ledger.withdrawn, 20);
    EXPECT_EQ(ledger.lost, 0);
    EXPECT_FALSE(it.box.outbox->withdrawal_pending());
    EXPECT_EQ(it.box.append(message(7)), Appended::duplicate);
  }
}

TEST(SalvageEdges, AnInstanceIdThatOnlyTheBodyKnowsIsReadThere) {
  Damaged it;
  NewMessage added = message(1);
  added.body = telemetry(instance('a'));
  it.box.append(added);
  NewMessage untold = message(2);
  untold.key.instance_id = instance('b');
  it.box.append(untold);
  it.box.close();
  it.wipe("instance");
  it.wipe("sqlite_autoindex_instance_1");
  EXPECT_EQ(it.reopen().lost, 1) << "of 2 nothing tells whose it was";
  const Lease lease = it.box.lease(9);
  ASSERT_EQ(lease.messages.size(), 1U);
  EXPECT_EQ(lease.messages[0].key, added.key);
  EXPECT_EQ(lease.messages[0].body, added.body);
}

TEST(SalvageEdges, AReportWhoseButlerCannotBeToldIsHeld) {
  Damaged it;
  it.box.append(report(1, butler));
  it.box.append(message(2));
  it.box.close();
  it.wipe("source");
  it.wipe("sqlite_autoindex_source_1");
  EXPECT_EQ(it.reopen().held, 1);
  EXPECT_EQ(it.box.lease_seqs(9), std::vector<Seq>{2});
}

TEST(SalvageEdges, OverflowPagesThatLeadInACircleEnd) {
  Damaged it;
  it.box.append(message(1, 60'000));
  it.box.append(message(2, 300));
  it.box.close();
  std::string bytes = read_bytes(it.folder.file());
  std::size_t made = 0;
  for (std::size_t page = 1; page < bytes.size() / page_bytes; ++page) {  // each to the one before
    if (bytes[page * page_bytes + 10] == ' ' && bytes[page * page_bytes] == 0) {
      bytes[page * page_bytes + 3] = static_cast<char>(page);
      ++made;
    }
  }
  ASSERT_GT(made, 10U);
  write_bytes(it.folder.file(), bytes);
  it.wipe("message_due");
  EXPECT_EQ(it.reopen().lost, 1);
  EXPECT_EQ(it.box.lease_seqs(9), std::vector<Seq>{2});
}

TEST(SalvageEdges, ASalvageThatWasCutOffBeginsAnew) {
  Damaged it;
  it.box.append_many(1, 5);
  it.box.close();
  write_bytes(it.folder.file() + ".salvage", read_bytes(it.folder.file()).substr(0, 9000));
  write_bytes(it.folder.file() + ".salvage-wal", "x");
  write_bytes(it.folder.file() + ".salvage-notes", "x");
  it.wipe("message_due");
  EXPECT_EQ(it.reopen().queued, 5);
  it.box.close();
  for (const auto& entry : fs::directory_iterator(it.folder.path())) {
    EXPECT_EQ(entry.path().string().find(".salvage"), std::string::npos) << entry.path();
  }
}

TEST(SalvageEdges, AnExchangeThatWasCutOffGoesOn) {
  for (const bool wal_is_gone : {false, true}) {
    Damaged it;
    it.box.append_many(1, 5);
    it.box.close();
    it.wipe("message_due");
    ASSERT_TRUE(make_salvaged(it.folder.file()));
    const std::string bytes = read_bytes(it.folder.file());
    if (!wal_is_gone) {
      write_bytes(it.folder.file() + "-wal", "old");
    }
    EXPECT_EQ(it.reopen().queued, 5);
    const OpenReport& opened = it.box.outbox->opened();
    EXPECT_EQ(opened.salvaged->messages, 5);
    EXPECT_EQ(read_bytes(*opened.set_aside), bytes);
    EXPECT_EQ(read_bytes(*opened.set_aside + "-wal"), wal_is_gone ? "" : "old");
    EXPECT_EQ(it.box.lease_seqs(9).size(), 5U);
    it.box.close();
    it.box.open();
    EXPECT_FALSE(it.box.outbox->opened().set_aside);
  }
}

TEST(SalvageEdges, WhileAnotherProcessSalvagesTheOutboxIsLocked) {
  Damaged it;
  it.box.append(message(1));
  it.box.close();
  it.wipe("message_due");
  Box other(it.folder.file() + ".salvage");
  const auto opened = SqliteOutbox::open(it.folder.file(), {}, wall_at(day_zero_us));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::locked);
}

TEST(SalvageEdges, AHeaderThatContradictsItselfIsDamageAndNotAnotherProgramsFile) {
  for (const char* change : {"PRAGMA application_id = 0x52505255", "UPDATE meta SET value = 2",
                             "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema"}) {
    Damaged it;
    it.box.append(message(1));
    it.box.close();
    it.box.sql(change);
    EXPECT_EQ(it.reopen().queued, 1) << change;
  }
}

// Pages that SQLite reads without complaint, and that contradict each other all the same.
class Contradiction : public Damaged {
 public:
  // Five messages are queued; the closed file is changed by each of `sqls`, and opened as it is.
  explicit Contradiction(std::initializer_list<const char*> sqls) {
    box.append_many(1, 5);
    box.close();
    for (const char* sql : sqls) {
      box.sql(sql);
    }
    box.open();
  }
  // Met while running, it is an error and not the end; the next start has it out of the way.
  void expect_met_and_salvaged(const std::function<void(Outbox&)>& work) {
    const auto done = box.attempt(work);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::corrupt);
    box.outbox.reset();
    reopen();
    EXPECT_TRUE(box.attempt(work));
  }
};

TEST(SalvageEdges, AnIndexThatContradictsItsTableIsMetOnce) {
  Contradiction it{
      "CREATE TABLE hidden AS SELECT * FROM sqlite_schema WHERE name = 'message_queued';"
      "PRAGMA writable_schema = ON;"
      "DELETE FROM sqlite_schema WHERE name = 'message_queued'",
      "UPDATE message SET state = 2, settled_ms = 1, settled_us = 1 WHERE seq = 3",
      "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema SELECT * FROM hidden"};
  it.expect_met_and_salvaged([&](Outbox& o) {
    o.expire(it.box.now().observed + std::chrono::hours(1), 10, it.box.now());
  });
  EXPECT_EQ(it.box.find(3), std::nullopt) << "settled, of which the key alone is kept";
}

TEST(SalvageEdges, ALedgerThatKnowsOfFewerMessagesThanThereAreIsMetOnce) {
  Contradiction it{"UPDATE ledger SET delivered = queued, queued = 0"};
  it.expect_met_and_salvaged([&](Outbox& o) { o.remove(1, it.box.now()); });
  EXPECT_EQ(it.box.lease_seqs(9), (std::vector<Seq>{2, 3, 4, 5}));
}

TEST(SalvageEdges, AMessageInNoStateIsMetOnce) {
  for (const char* state : {"-1", "9"}) {
    Contradiction it{("PRAGMA ignore_check_constraints = ON; UPDATE message SET settled_ms = "
                      "CASE WHEN " +
                      std::string(state) + " > 1 THEN 1 END, state = " + state + " WHERE seq = 2")
                         .c_str()};
    it.expect_met_and_salvaged([&](Outbox& o) { o.remove(2, it.box.now()); });
    EXPECT_EQ(it.box.lease_seqs(9), (std::vector<Seq>{1, 3, 4, 5}));
  }
}

TEST(SalvageEdges, MarksOfAWithdrawalThatTheLedgerDoesNotKnowAreHeeded) {
  Damaged it;
  it.box.append_many(1, 5);
  it.box.run(
      [&](Outbox& o) { o.begin_withdrawal({.all = true, .source = ""}, it.box.now().observed); });
  it.box.append(message(6));
  it.box.close();
  it.box.sql("UPDATE ledger SET withdrawal_left = 0");
  EXPECT_EQ(it.reopen().withdrawn, 5);
  EXPECT_EQ(it.box.lease_seqs(9), (std::vector<Seq>{6}));
}

}  // namespace
}  // namespace reporterd
