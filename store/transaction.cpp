// One transaction: all or nothing, on disk and in memory.

#include <algorithm>
#include <utility>

#include "daemon/core/assert.h"
#include "store/limits.h"
#include "store/opening.h"
#include "store/sqlite_outbox.h"
#include "store/statements.h"

namespace reporterd {
namespace {

constexpr std::int64_t reserve_retry_ms = 5000;
// Trimming steps in a transaction that settles: more than it can add, so that the history shrinks.
constexpr std::int64_t trim_least = 32;
constexpr std::int64_t trim_per_settled = 3;
constexpr std::int64_t trim_when_idle = 1024;
// Free pages beyond these are given back to the file system when there is little else to do.
constexpr std::int64_t free_pages_kept = 256;
constexpr std::int64_t few_changes = 64;
constexpr int requeued_looked_past = 64;

}  // namespace

Result<Snapshot> SqliteOutbox::transact(std::span<Writer::Work> works, const ClockMark& mark) {
  if (auto usable = make_usable(mark); !usable) {
    return std::unexpected(usable.error());
  }
  auto done = attempt(works, mark);
  if (done || done.error().code != ErrorCode::storage_full || disk_full_) {
    return done;
  }
  use_reserve(mark);
  database_->checkpoint();
  return attempt(works, mark);
}

// Heals what the last transaction left behind.
Status SqliteOutbox::make_usable(const ClockMark& mark) {
  if (corrupt_) {
    return fail(ErrorCode::corrupt, path_ + " is damaged; restart reporterd to set it aside");
  }
  if (open_anew_ || !database_) {
    if (auto opened = reopen(); !opened) {
      return opened;
    }
  }
  // What is read from a WAL that this connection has not written may be in the cache only: a sync
  // failed, in an earlier life perhaps, and the next may succeed without having written. What is
  // added to it would be lost with it. Therefore it is written again, then copied into the file and
  // emptied, which shows whether the disk works. Too large a WAL: commits go on for ever while the
  // file itself cannot be written.
  if (wal_is_foreign_ || database_->wal_bytes() > 2 * wal_share()) {
    if (auto copied = copy_wal_back(mark); !copied) {
      distrust();
      return copied;
    }
    wal_is_foreign_ = false;
  }
  if (disk_full_ && mark.observed_ms >= next_reserve_try_ms_) {
    next_reserve_try_ms_ = mark.observed_ms + reserve_retry_ms;
    disk_full_ = !reserve_.make();
  }
  return {};
}

Status SqliteOutbox::reopen() {
  Status opened = open_anew(true);
  corrupt_ = !opened && opened.error().code == ErrorCode::corrupt;
  return opened;
}

// What was read into memory may not be what is in the files: after a failed sync the system may
// show the old content again, and the connection would copy that over the database when it closes,
// because it checks a WAL only when it opens it.
void SqliteOutbox::distrust() {
  open_anew_ = path_ != ":memory:";
  if (open_anew_ && database_) {
    database_->leave_untouched();
  }
}

Status SqliteOutbox::copy_wal_back(const ClockMark& mark) {
  Status copied = copy_wal_back();
  if (!copied && database_ && copied.error().code == ErrorCode::storage_full && !disk_full_) {
    use_reserve(mark);
    copied = copy_wal_back();
  }
  return copied;
}

Status SqliteOutbox::copy_wal_back() {
  database_->clear_failure();
  if (wal_is_foreign_ && database_->wal_bytes() > 0) {
    database_->write_wal_again();
    if (database_->failed()) {
      return std::unexpected(explain(*database_, path_));
    }
    // Until now the system was free to forget what only its cache had, after this connection had
    // taken down which frames there are: it would copy others into the file.
    database_->leave_untouched();
    if (auto opened = reopen(); !opened) {
      return opened;
    }
  }
  database_->run("PRAGMA wal_checkpoint(TRUNCATE)");
  return database_->failed() ? std::unexpected(explain(*database_, path_)) : Status();
}

// The disk is full. Intake stops; the reserve makes room for everything that ends messages.
void SqliteOutbox::use_reserve(const ClockMark& mark) {
  disk_full_ = true;
  next_reserve_try_ms_ = mark.observed_ms + reserve_retry_ms;
  reserve_.give_up();
}

Result<Snapshot> SqliteOutbox::attempt(std::span<Writer::Work> works, const ClockMark& mark) {
  begin();
  for (Writer::Work& work : works) {
    if (!ok()) {
      break;
    }
    work(*this);
  }
  if (settled_ > 0 || books_.history_bytes > StoreLimits(settings_).history) {
    trim_slice(mark.observed_ms, trim_least + trim_per_settled * settled_);
  }
  if (free_pages_ > free_pages_kept &&
      database_->rows_changed() - changes_at_begin_ < few_changes) {
    Query(statements_->vacuum).run();
  }
  const Snapshot now = snapshot();
  commit(mark);
  if (database_->failed()) {
    return std::unexpected(roll_back());
  }
  in_transaction_ = false;
  if (disk_full_) {
    database_->checkpoint();
  }
  return now;
}

void SqliteOutbox::begin() {
  database_->clear_failure();
  saved_ = {books_, epochs_, fresh_after_, leased_highest_};
  lease_changes_.clear();
  settled_ = 0;
  in_transaction_ = true;
  changes_at_begin_ = database_->rows_changed();
  Query(statements_->begin).run();
}

void SqliteOutbox::commit(const ClockMark& mark) {
  if (!ok()) {
    return;
  }
  const Ledger& ledger = books_.ledger;
  ASSERT(ledger.balances());
  if (ledger.queued < 0 || ledger.held < 0 || books_.withdrawal_left < 0) {
    database_->refuse(Database::Trouble::corrupt, "more messages end than its ledger knows of");
    return;
  }
  if (save_mark_ || books_ != saved_.books || database_->rows_changed() != changes_at_begin_) {
    // The next life begins after all that was accepted: a withdrawal there covers it.
    ClockMark kept = mark;
    kept.observed_ms = std::max(kept.observed_ms, accepted_ms_);
    statements_->keeper.save(books_, kept);
  }
  Query(statements_->commit).run();
}

// Takes everything back; says why and remembers what it means for the next transaction.
Error SqliteOutbox::roll_back() {
  Error error = explain(*database_, path_);
  switch (database_->trouble()) {
    case Database::Trouble::corrupt:
      corrupt_ = true;
      database_->leave_untouched();
      if (is_on_disk(path_, settings_.vfs)) {
        suspect_file(path_);
      }
      break;
    case Database::Trouble::none:
    case Database::Trouble::full:
      break;
    case Database::Trouble::busy:
    case Database::Trouble::read_only:
    case Database::Trouble::other:
      distrust();
      break;
  }
  database_->roll_back();
  books_ = saved_.books;
  epochs_ = std::move(saved_.epochs);
  fresh_after_ = saved_.fresh_after;
  leased_highest_ = saved_.leased_highest;
  for (auto change = lease_changes_.rbegin(); change != lease_changes_.rend(); ++change) {
    if (change->second) {
      leased_.erase(change->first);
    } else {
      leased_.insert(change->first);
    }
  }
  last_instance_id_ = 0;
  in_transaction_ = false;
  return error;
}

Snapshot SqliteOutbox::snapshot() {
  Snapshot now;
  now.ledger = books_.ledger;
  now.newest = books_.newest;
  now.disk_full = disk_full_;
  now.bytes_limit = static_cast<std::int64_t>(settings_.max_bytes);
  const auto number = [](Statement& statement) {
    Query row(statement);
    return row.next() ? row.number(0) : 0;
  };
  free_pages_ = number(statements_->free_pages);
  used_bytes_ = (number(statements_->page_count) - free_pages_) * page_bytes_;
  now.bytes_used = used_bytes_ + database_->wal_bytes();
  // Rows are in the order of their age but for requeued ones, whose age began anew: look past a
  // few.
  Query oldest(statements_->oldest_queued, requeued_looked_past);
  bool in_order = false;
  while (!in_order && oldest.next()) {
    const Instant accepted = instant_at(oldest.number(1));
    now.oldest_queued = now.oldest_queued.value_or(oldest.number(0));
    now.oldest_accepted = std::min(now.oldest_accepted.value_or(accepted), accepted);
    in_order = oldest.number(2) == 0;
  }
  return now;
}

bool SqliteOutbox::ok() const {
  ASSERT(in_transaction_);
  return !database_->failed();
}

// In no transaction: SQLite lets none write any more once it has met a damaged page.
Result<Examination> SqliteOutbox::examine(const ClockMark& mark) {
  if (auto usable = make_usable(mark); !usable) {
    return std::unexpected(usable.error());
  }
  database_->clear_failure();
  Examination found = reporterd::examine(*database_, books_.ledger);
  if (database_->failed() && database_->trouble() != Database::Trouble::corrupt) {
    distrust();
    return std::unexpected(explain(*database_, path_));
  }
  database_->clear_failure();
  if (!found.damage.empty() && is_on_disk(path_, settings_.vfs)) {
    suspect_file(path_);
  }
  return found;
}

Result<bool> SqliteOutbox::trim(const ClockMark& mark) {
  bool more = false;
  Writer::Work work = [&](Outbox&) {
    more = trim_slice(mark.observed_ms, trim_when_idle);
    if (!more) {
      forget_instances();
    }
  };
  auto done = transact(std::span(&work, 1), mark);
  if (!done) {
    return std::unexpected(done.error());
  }
  return more || free_pages_ > free_pages_kept;
}

}  // namespace reporterd
