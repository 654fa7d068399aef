#include "store/schema.h"

#include <bit>
#include <cstdint>
#include <string>

namespace reporterd {
namespace {

// Connection settings, all in one place. locking_mode comes first, in kind_of_file(): under it WAL
// needs no shared memory, and a second process cannot open the file.
constexpr const char* fresh_file_pragmas = R"(
  PRAGMA auto_vacuum = INCREMENTAL;     -- before the first table; freed pages go back in slices
  PRAGMA application_id = 0x52505254;   -- before WAL, so that the file itself carries it
)";
constexpr const char* connection_pragmas = R"(
  PRAGMA synchronous = FULL;            -- a commit is on disk before it is acknowledged
  PRAGMA secure_delete = ON;            -- withdrawn and deleted bytes are overwritten
  PRAGMA cache_size = -1024;            -- KiB; memory does not grow with the queue
  PRAGMA temp_store = MEMORY;           -- nothing of a message goes into temporary files
  PRAGMA mmap_size = 0;
  PRAGMA wal_autocheckpoint = 512;      -- pages, 2 MiB; below the size of the reserve file
  PRAGMA journal_size_limit = 2097152;  -- bytes, the same
  PRAGMA foreign_keys = OFF;
  PRAGMA trusted_schema = OFF;
)";

// `message` rows are small and `body` holds the bulk, so that settling touches small pages only.
// Sequence numbers come from ledger.newest: never reused, like AUTOINCREMENT's, without its second
// write for each row. Every index costs each insert; those that are rarely needed share one.
// States are the numbers of enum State; 0 is queued, 1 held, the others are settled.
constexpr const char* tables = R"(
  CREATE TABLE meta(name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO meta VALUES ('min_reader_version', 1);

  CREATE TABLE ledger(
    id INTEGER PRIMARY KEY CHECK (id = 1),
    accepted INTEGER NOT NULL DEFAULT 0, requeued INTEGER NOT NULL DEFAULT 0,
    queued INTEGER NOT NULL DEFAULT 0, held INTEGER NOT NULL DEFAULT 0,
    delivered INTEGER NOT NULL DEFAULT 0, rejected INTEGER NOT NULL DEFAULT 0,
    expired INTEGER NOT NULL DEFAULT 0, superseded INTEGER NOT NULL DEFAULT 0,
    withdrawn INTEGER NOT NULL DEFAULT 0, deleted INTEGER NOT NULL DEFAULT 0,
    lost INTEGER NOT NULL DEFAULT 0, duplicates INTEGER NOT NULL DEFAULT 0,
    conflicts INTEGER NOT NULL DEFAULT 0,
    newest INTEGER NOT NULL DEFAULT 0, lease_watermark INTEGER NOT NULL DEFAULT 0,
    withdrawal_left INTEGER NOT NULL DEFAULT 0, history_bytes INTEGER NOT NULL DEFAULT 0,
    keys INTEGER NOT NULL DEFAULT 0, keys_newest_us INTEGER NOT NULL DEFAULT 0,
    keys_low_water_us INTEGER NOT NULL DEFAULT 0, bodies_gone_ms INTEGER NOT NULL DEFAULT 0,
    bodies_gone_seq INTEGER NOT NULL DEFAULT 0,
    observed_ms INTEGER NOT NULL DEFAULT 0, since_boot_ms INTEGER NOT NULL DEFAULT 0,
    boot_id TEXT NOT NULL DEFAULT '') STRICT;
  INSERT INTO ledger(id) VALUES (1);

  CREATE TABLE instance(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE source(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

  CREATE TABLE message(
    seq INTEGER PRIMARY KEY,
    ts_us INTEGER NOT NULL,
    instance INTEGER NOT NULL,
    source INTEGER NOT NULL,             -- 0: handed in by a program
    state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 8),
    bytes INTEGER NOT NULL,
    accepted_ms INTEGER NOT NULL,        -- observed; of a requeued message: when it was requeued
    accepted_us INTEGER NOT NULL,        -- wall
    sha BLOB NOT NULL,                   -- of key and body, see digest.h
    content BLOB,                        -- SHA-256 of what a newer report may repeat
    attempts INTEGER NOT NULL DEFAULT 0,
    due_ms INTEGER,                      -- observed; waits for its own retry
    requeued INTEGER NOT NULL DEFAULT 0,
    may_have_arrived INTEGER NOT NULL DEFAULT 0,
    body_kept INTEGER NOT NULL DEFAULT 1,
    holder INTEGER,
    settled_ms INTEGER,
    settled_us INTEGER,
    reason TEXT NOT NULL DEFAULT '',
    CHECK ((state >= 2) = (settled_ms IS NOT NULL))) STRICT;
  CREATE TABLE body(seq INTEGER PRIMARY KEY, json TEXT NOT NULL) STRICT;

  CREATE UNIQUE INDEX message_key ON message(ts_us, instance);
  CREATE INDEX message_queued ON message(seq) WHERE state = 0;
  CREATE INDEX message_due ON message(due_ms) WHERE state = 0 AND due_ms IS NOT NULL;
  CREATE INDEX message_special ON message(state, source) WHERE state = 1 OR source <> 0;
  CREATE INDEX message_settled ON message(settled_ms) WHERE state >= 2;

  CREATE TABLE settled_key(                -- keys whose history row is gone
    ts_us INTEGER NOT NULL,
    instance INTEGER NOT NULL,
    sha BLOB NOT NULL,
    PRIMARY KEY (ts_us, instance)) STRICT, WITHOUT ROWID;

  -- Messages up to up_to are withdrawn; source -1: of all sources.
  CREATE TABLE withdrawal(source INTEGER PRIMARY KEY, up_to INTEGER NOT NULL) STRICT;
  CREATE TABLE state(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  PRAGMA user_version = 1;
)";

// Before its tables are made, in one transaction, a file has no more.
constexpr std::int64_t most_fresh_pages = 2;

}  // namespace

FileKind kind_of_file(Database& database) {
  database.run("PRAGMA locking_mode = EXCLUSIVE");
  const std::int64_t id = database.number("PRAGMA application_id");
  const bool empty = database.number("SELECT count(*) FROM sqlite_schema") == 0;
  if (empty && id == application_id && database.number("PRAGMA page_count") > most_fresh_pages) {
    database.refuse(Database::Trouble::corrupt, "its tables are gone");
  }
  if (empty && (id == 0 || id == application_id)) {
    return FileKind::fresh;
  }
  if (id != application_id) {
    if (std::popcount(static_cast<std::uint32_t>(id ^ application_id)) == 1) {
      database.refuse(Database::Trouble::corrupt, "its application id is one bit off");
    }
    return FileKind::foreign;
  }
  const std::int64_t needed =
      database.number("SELECT value FROM meta WHERE name = 'min_reader_version'");
  if (needed > database.number("PRAGMA user_version")) {
    database.refuse(Database::Trouble::corrupt, "its version numbers contradict each other");
  }
  return needed > schema_version ? FileKind::newer : FileKind::ours;
}

namespace {

bool sets_wal(Database& database) {
  Statement to_wal(database, "PRAGMA journal_mode = WAL");
  Query answer(to_wal);
  return answer.next() && answer.text(0) == "wal";
}

}  // namespace

void take_and_configure(Database& database, FileKind kind, bool must_be_wal) {
  if (kind == FileKind::fresh) {
    database.run(fresh_file_pragmas);
  }
  if (!sets_wal(database) && must_be_wal) {
    database.refuse(Database::Trouble::read_only, "the file system cannot hold a write-ahead log");
  }
  database.run(connection_pragmas);
}

void prepare_schema(Database& database, FileKind kind) {
  if (kind == FileKind::fresh) {
    database.run("BEGIN IMMEDIATE");
    database.run(tables);
    database.run("COMMIT");
  }
  // Migrations stand here, in order, once there is a second version: while user_version is below
  // schema_version. They only add, so that the previous release can still read the file. A higher
  // user_version whose min_reader_version allows it is left as it is.
}

}  // namespace reporterd
