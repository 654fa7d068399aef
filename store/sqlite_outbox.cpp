// From a file to an outbox, and back.

#include "store/sqlite_outbox.h"

#include <fmt/core.h>
#include <sqlite3.h>

#include <algorithm>
#include <utility>

#include "store/limits.h"
#include "store/opening.h"
#include "store/statements.h"

namespace reporterd {
namespace {

// More than the WAL's usual size, so that it can always be copied back into the file.
constexpr std::int64_t reserve_bytes = 4 << 20;

}  // namespace

SqliteOutbox::SqliteOutbox(std::string path, StoreSettings settings)
    : path_(std::move(path)),
      settings_(std::move(settings)),
      reserve_(is_on_disk(path_, settings_.vfs) ? path_ + ".reserve" : "", reserve_bytes) {}

SqliteOutbox::~SqliteOutbox() = default;

Result<std::unique_ptr<SqliteOutbox>> SqliteOutbox::open(const std::string& path,
                                                         const StoreSettings& settings,
                                                         WallTime now) {
  std::unique_ptr<SqliteOutbox> outbox(new SqliteOutbox(path, settings));
  const bool on_disk = is_on_disk(path, settings.vfs);
  if (on_disk) {
    if (auto exchanged = outbox->finish_exchange(now); !exchanged) {
      return std::unexpected(exchanged.error());
    }
  }
  Status opened = outbox->open_anew(false);
  if (!opened && opened.error().code == ErrorCode::corrupt && on_disk) {
    opened = outbox->open_salvaged(now);
  }
  if (!opened) {
    return std::unexpected(opened.error());
  }
  const Ledger& ledger = outbox->books_.ledger;
  if (outbox->opened_.set_aside && !outbox->opened_.salvaged) {  // by the life before this one
    outbox->opened_.salvaged = {ledger.queued + ledger.held, ledger.lost};
  }
  outbox->disk_full_ = !outbox->reserve_.make();
  outbox->leased_before_ = std::min(outbox->books_.lease_watermark, outbox->books_.newest);
  outbox->leased_highest_ = outbox->leased_before_;
  outbox->opened_.snapshot = outbox->snapshot();
  return outbox;
}

// An exchange that a crash cut off goes on. Nothing happened to the new file since.
Status SqliteOutbox::finish_exchange(WallTime now) {
  auto aside = exchange_salvaged(path_, now);
  if (!aside) {
    return std::unexpected(aside.error());
  }
  opened_.set_aside = *std::move(aside);
  return {};
}

Status SqliteOutbox::open_salvaged(WallTime now) {
  auto made = make_salvaged(path_);
  if (!made && made.error().code == ErrorCode::storage_full) {
    reserve_.give_up();
    made = make_salvaged(path_);
  }
  if (!made) {
    return std::unexpected(made.error());
  }
  opened_.salvaged = *made;
  const Status exchanged = finish_exchange(now);
  return exchanged ? open_anew(false) : exchanged;
}

// Opens the file (again) and believes nothing but what is in it. What is leased stays leased.
Status SqliteOutbox::open_anew(bool again) {
  statements_.reset();
  database_.reset();
  auto opened = open_file(path_, settings_.vfs);
  if (!opened) {
    return std::unexpected(opened.error());
  }
  database_ = std::move(*opened);
  if (again) {
    database_->prepare_late();
  }
  statements_ = std::make_unique<Statements>(*database_);
  page_bytes_ = database_->number("PRAGMA page_size");
  const bool sound = read_books();
  limit_wal();
  if (!sound || database_->failed()) {
    database_->refuse(Database::Trouble::corrupt, "its ledger does not match its messages");
    Error error = explain(*database_, path_);
    database_->leave_untouched();
    statements_.reset();
    database_.reset();
    return std::unexpected(std::move(error));
  }
  open_anew_ = false;
  wal_is_foreign_ = true;
  fresh_after_ = 0;
  last_instance_id_ = 0;
  return {};
}

bool SqliteOutbox::read_books() {
  if (!statements_->keeper.load(books_, opened_.mark)) {
    return false;
  }
  epochs_.clear();
  Query epoch(statements_->epochs);
  while (epoch.next()) {
    epochs_.push_back({epoch.number(0), epoch.number(1)});
  }
  if (epochs_.empty() != (books_.withdrawal_left == 0)) {
    return false;
  }
  Query highest(statements_->highest_seq);
  return highest.next() && highest.number(0) <= books_.newest;
}

// The WAL is copied back at its share of max_bytes, so that a small outbox stays small.
void SqliteOutbox::limit_wal() {
  database_->run(fmt::format("PRAGMA wal_autocheckpoint = {}; PRAGMA journal_size_limit = {}",
                             wal_share() / 4096, wal_share())
                     .c_str());
}

std::int64_t SqliteOutbox::wal_share() const {
  return std::max<std::int64_t>(StoreLimits(settings_).wal / 4096, 16) * 4096;
}

void SqliteOutbox::apply(const StoreSettings& settings) {
  std::string vfs = std::move(settings_.vfs);
  settings_ = settings;
  settings_.vfs = std::move(vfs);
  if (database_) {
    limit_wal();
  }
}

void SqliteOutbox::relax() {
  if (database_) {
    database_->release_memory();
  }
}

Status SqliteOutbox::close(const ClockMark& mark) {
  save_mark_ = true;
  // In this life it is known exactly what was leased; the watermark's head start can go.
  Writer::Work last = [this](Outbox&) { books_.lease_watermark = leased_highest_; };
  auto done = transact(std::span(&last, 1), mark);
  if (database_ && done) {
    database_->checkpoint();
  }
  statements_.reset();
  database_.reset();
  return done ? Status() : std::unexpected(done.error());
}

std::string store_library() {
  return std::string("SQLite ") + sqlite3_libversion();
}

}  // namespace reporterd
