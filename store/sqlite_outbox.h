#pragma once
// The outbox on SQLite: one file, one connection, one thread at a time.
//
// Everything happens in transact(): many pieces of work, one transaction, one fsync. What is only
// in memory (which rows are leased, where the search for fresh rows goes on) is taken back together
// with a transaction that fails.
//
// "May have arrived": a row that is withdrawn or deleted carries the mark when it is leased now,
// when an attempt failed before (it may have got through all the same), or when an earlier life of
// this process may have leased it. The last is known from a watermark, committed before the first
// lease above it, in steps of `lease_step`: exact after close(), up to one step too careful after a
// crash; never too careless.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "daemon/core/outbox.h"
#include "daemon/core/result.h"
#include "daemon/core/time.h"
#include "daemon/core/writer.h"
#include "store/books.h"
#include "store/digest.h"
#include "store/examination.h"
#include "store/reserve.h"
#include "store/salvage.h"

namespace reporterd {

struct Statements;

struct StoreSettings {
  // Of the database file and its WAL. One transaction may exceed it by what it writes: its pages
  // stand in the WAL and then in the file until the WAL is begun anew.
  std::size_t max_bytes = 64U << 20;
  std::size_t max_message_bytes = 64U << 10;  // larger ones are refused before they come here
  Millis history_keep = std::chrono::hours(24 * 90);
  std::size_t history_bytes = 16U << 20;  // at most a quarter of max_bytes counts
  std::size_t key_bytes = 16U << 20;      // the same
  std::string vfs;                        // "": SQLite's default; only looked at by open()
};

struct OpenReport {
  ClockMark mark;  // the last one stored
  Snapshot snapshot;
  std::optional<std::string> set_aside;  // where a damaged file was moved, after what could be
  std::optional<Salvaged> salvaged;      //   read of it was salvaged
};

// "SQLite 3.40.1", as loaded.
std::string store_library();

class SqliteOutbox final : public Outbox {
 public:
  // Opens or makes the file, mode 0600, in a folder that exists; ":memory:" works too. A damaged
  // file is salvaged into a new one and moved aside, under a name with `now`. Errors: locked
  // (another process has it), invalid (not an outbox), newer_version, io (permissions, read-only,
  // ...); the file is then left as it was.
  static Result<std::unique_ptr<SqliteOutbox>> open(const std::string& path,
                                                    const StoreSettings& settings, WallTime now);
  ~SqliteOutbox() override;
  SqliteOutbox(const SqliteOutbox&) = delete;
  SqliteOutbox& operator=(const SqliteOutbox&) = delete;

  const OpenReport& opened() const { return opened_; }

  // Runs all works in one transaction and commits it with the clock's mark; on disk when it
  // returns. On an error nothing of it happened (after `io` it may have, as after a crash).
  // Errors: storage_full (the disk, even without the reserve), io (the next call opens the file
  // anew and verifies it first), corrupt (for good; the next open() looks closely). A work may run
  // twice.
  Result<Snapshot> transact(std::span<Writer::Work> works, const ClockMark& mark);
  // One slice of housekeeping in a transaction of its own, for idle times: trims history and keys,
  // gives free pages back. true: there is more to do.
  Result<bool> trim(const ClockMark& mark);

  // Looks through the whole file; between transactions. Damage makes the next open() salvage it,
  // and stops nothing. Errors as of transact().
  Result<Examination> examine(const ClockMark& mark);

  bool withdrawal_pending() const { return books_.withdrawal_left > 0; }
  void apply(const StoreSettings& settings);  // all but vfs; counts from the next transaction on
  void relax();                               // gives cache memory back
  // Writes the mark, empties the WAL, closes. Nothing may be called after it.
  Status close(const ClockMark& mark);

  Appended append(const NewMessage& message, Now now) override;
  Lease lease(const LeaseWish& wish) override;
  bool settle(Seq seq, State how, std::string_view reason, Now now) override;
  void defer(Seq seq, Instant due, std::string_view reason) override;
  void release(std::span<const Seq> seqs) override;
  std::size_t expire(Instant before, std::size_t limit, Now now) override;
  bool remove(Seq seq, Now now) override;
  bool requeue(Seq seq, Now now) override;
  void hold_source(std::string_view source) override;
  void release_source(std::string_view source) override;
  void begin_withdrawal(const WithdrawScope& scope, Instant decided) override;
  std::size_t continue_withdrawal(std::size_t limit, Now now) override;
  std::optional<std::string> get(std::string_view name) override;
  void put(std::string_view name, std::string_view value) override;
  std::vector<std::string> names(std::string_view prefix) override;
  std::vector<Row> list(const Listing& listing) override;
  std::optional<Row> find(Seq seq) override;
  std::optional<std::string> body(Seq seq) override;
  bool has_key(const MessageKey& key) override;

 private:
  // Messages of `source` (every_source: all) up to `up_to` count as withdrawn.
  struct Epoch {
    std::int64_t source;
    Seq up_to;
  };
  static constexpr std::int64_t programs = 0;       // source id of what programs hand in
  static constexpr std::int64_t every_source = -1;  // in an Epoch
  // The columns of a message that its end depends on.
  struct Brief {
    Seq seq;
    State state;
    std::int64_t source;
    std::int64_t bytes;
    std::int64_t attempts;
    bool may_have_arrived;
    bool body_kept;
  };
  struct Candidate;
  struct Picking;

  SqliteOutbox(std::string path, StoreSettings settings);

  // sqlite_outbox.cpp
  Status open_anew(bool again);
  Status finish_exchange(WallTime now);
  Status open_salvaged(WallTime now);
  bool read_books();
  void limit_wal();
  std::int64_t wal_share() const;

  // transaction.cpp
  Status make_usable(const ClockMark& mark);
  Status reopen();
  void distrust();
  Status copy_wal_back(const ClockMark& mark);
  Status copy_wal_back();
  void use_reserve(const ClockMark& mark);
  Result<Snapshot> attempt(std::span<Writer::Work> works, const ClockMark& mark);
  void begin();
  void commit(const ClockMark& mark);
  Error roll_back();
  Snapshot snapshot();
  bool ok() const;  // inside a transaction that has not failed

  // intake.cpp
  std::optional<Appended> known(std::int64_t instance, std::int64_t ts_us, const Digest& sha);
  bool room_for(std::int64_t bytes, bool own) const;
  bool supersede(std::string_view source, const Digest& content, Now now);
  std::int64_t find_instance(std::string_view name);  // 0: unknown
  std::int64_t add_instance(std::string_view name);
  const std::string& instance_name(std::int64_t id);
  std::optional<std::int64_t> find_source(std::string_view name);
  std::int64_t source_id(std::string_view name);  // made if it is new

  // lease.cpp
  void take_fresh(Picking& picking);
  void take_retries(Picking& picking, std::size_t most);
  void take_least_tried(Picking& picking);
  bool take(Picking& picking, const Candidate& candidate);
  std::optional<Instant> next_due(Instant now);
  void remember_lease(Seq seq);
  void forget_lease(Seq seq);
  bool is_leased(Seq seq) const { return leased_.contains(seq); }
  void look_again_at(Seq seq);

  // settle.cpp
  std::optional<Brief> brief(Seq seq);
  void finish(const Brief& row, State how, std::string_view reason, Instant observed,
              std::optional<WallTime> wall);
  bool may_be_out(const Brief& row) const;
  static bool is_waiting(const Brief& row);

  // owner.cpp: withdrawal. A row under an epoch counts as withdrawn before its slice has come.
  std::vector<Seq> waiting_of(std::int64_t source, Seq up_to, std::int64_t limit);
  Seq newest_accepted(Instant until);
  std::int64_t waiting_outside(Seq after);
  void count_withdrawal_anew();
  void withdraw(const Brief& row, Now now);
  void end_withdrawal();
  bool is_under_epoch(Seq seq, std::int64_t source) const;
  bool is_withdrawn(const Brief& row) const;

  // queries.cpp
  std::vector<Seq> waiting_seqs(const Listing& listing);
  std::vector<Seq> settled_seqs(const Listing& listing);

  // trimming.cpp
  bool trim_slice(std::int64_t now_ms, std::int64_t steps);
  std::int64_t drop_bodies(std::int64_t most, std::int64_t& bytes_left);
  std::int64_t drop_rows(std::int64_t most, std::int64_t& bytes_left, std::int64_t keep_from_ms);
  std::int64_t drop_keys(std::int64_t most);
  void forget_instances();

  std::string path_;
  StoreSettings settings_;
  OpenReport opened_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Statements> statements_;  // after database_: goes first
  MessageDigest digest_;
  Reserve reserve_;

  Books books_;
  std::vector<Epoch> epochs_;  // empty: nothing is under withdrawal
  Seq fresh_after_ = 0;        // every fresh row up to here is leased
  Seq leased_highest_ = 0;     // by this life or an earlier one
  struct Saved {               // the four above, as the last commit left them
    Books books;
    std::vector<Epoch> epochs;
    Seq fresh_after = 0;
    Seq leased_highest = 0;
  } saved_;
  std::unordered_set<Seq> leased_;
  std::vector<std::pair<Seq, bool>> lease_changes_;  // by this transaction; true: leased
  Seq leased_before_ = 0;  // rows up to here may have been leased by an earlier life

  std::int64_t used_bytes_ = 0;  // pages in use: measured by each transaction, estimated inside one
  std::int64_t free_pages_ = 0;
  std::int64_t page_bytes_ = 0;   // read once: SQLite compiles this question anew each time
  std::int64_t settled_ = 0;      // by this transaction
  std::int64_t accepted_ms_ = 0;  // the latest observed time at which this connection accepted
  std::int64_t changes_at_begin_ = 0;
  static constexpr std::int64_t keys_between_sweeps = 1024;
  std::int64_t keys_dropped_ = keys_between_sweeps - 1;  // since instances were forgotten
  std::string last_instance_;  // the one looked up last, and its id; 0: none
  std::int64_t last_instance_id_ = 0;
  bool in_transaction_ = false;
  bool save_mark_ = false;  // the last transaction writes the mark in any case
  bool disk_full_ = false;
  std::int64_t next_reserve_try_ms_ = 0;
  bool open_anew_ = false;       // after an I/O error the connection is not trusted any more
  bool wal_is_foreign_ = false;  // an earlier connection wrote it
  bool corrupt_ = false;
};

}  // namespace reporterd
