#include "store/database.h"

#include <sqlite3.h>

#include <iterator>

#include "daemon/core/assert.h"
#include "store/files.h"
#include "store/wal_frames.h"

namespace reporterd {
namespace {

// The file of the WAL; nullptr: there is none.
sqlite3_file* wal_of(sqlite3* handle) {
  sqlite3_file* file = nullptr;
  const bool known = sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER,
                                          static_cast<void*>(&file)) == SQLITE_OK;
  return known && file != nullptr && file->pMethods != nullptr ? file : nullptr;
}

// Frames that SQLite does not believe need not be readable.
int write_frames_again(sqlite3_file* file, sqlite3_int64 size) {
  std::string bytes(WalFrames::header_bytes, '\0');
  std::optional<WalFrames> frames;
  for (sqlite3_int64 at = 0; at + std::ssize(bytes) <= size;) {
    const auto count = static_cast<int>(bytes.size());
    if (const int result = file->pMethods->xRead(file, bytes.data(), count, at);
        result != SQLITE_OK) {
      return result;
    }
    if (at == 0) {
      frames = WalFrames::after(bytes);
    }
    if (!frames || (at > 0 && !frames->take(bytes))) {
      break;
    }
    if (const int result = file->pMethods->xWrite(file, bytes.data(), count, at);
        result != SQLITE_OK) {
      return result;
    }
    at += count;
    bytes.resize(frames->frame_bytes());
  }
  return file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
}

}  // namespace

Result<std::unique_ptr<Database>> Database::open(const std::string& path, const std::string& vfs) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int result =
      sqlite3_open_v2(path.c_str(), &handle, flags, vfs.empty() ? nullptr : vfs.c_str());
  auto database = std::make_unique<Database>(handle);  // closes the handle in any case
  if (result != SQLITE_OK) {
    return fail(ErrorCode::io, "cannot open " + path + ": " + sqlite3_errmsg(handle));
  }
  sqlite3_extended_result_codes(handle, 1);
  return database;
}

Database::~Database() {
  sqlite3_close_v2(handle_);
}

void Database::run(const char* sql) {
  if (!failed()) {
    note(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr));
  }
}

std::int64_t Database::number(const char* sql) {
  Statement statement(*this, sql);
  Query query(statement);
  return query.next() ? query.number(0) : 0;
}

void Database::wait_for_lock(std::chrono::milliseconds most) {
  sqlite3_busy_timeout(handle_, static_cast<int>(most.count()));
}

bool Database::read_only() const {
  return sqlite3_db_readonly(handle_, "main") == 1;
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(handle_) == 0;
}

std::int64_t Database::rows_changed() const {
  return sqlite3_total_changes64(handle_);
}

std::int64_t Database::last_change() const {
  return sqlite3_changes64(handle_);
}

void Database::roll_back() {
  if (in_transaction()) {
    sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

std::int64_t Database::wal_bytes() const {
  sqlite3_file* const file = wal_of(handle_);
  sqlite3_int64 size = 0;
  return file != nullptr && file->pMethods->xFileSize(file, &size) == SQLITE_OK ? size : 0;
}

void Database::write_wal_again() {
  const sqlite3_int64 size = wal_bytes();
  if (failed() || size == 0) {
    return;
  }
  set_system_error(0);  // see note()
  sqlite3_file* const file = wal_of(handle_);
  if (const int result = write_frames_again(file, size); result != SQLITE_OK) {
    note(result);
    failure_text_ = sqlite3_errstr(result);  // the connection has not heard of it
  }
}

void Database::release_memory() {
  sqlite3_db_release_memory(handle_);
}

void Database::checkpoint() {
  sqlite3_wal_checkpoint_v2(handle_, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
}

void Database::leave_untouched() {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

Database::Trouble Database::trouble() const {
  switch (failure_ & 0xff) {
    case SQLITE_OK:
      return Trouble::none;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Trouble::busy;
    case SQLITE_FULL:
      return Trouble::full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:       // a table is missing
    case SQLITE_CONSTRAINT:  // an index and its table disagree
    case SQLITE_MISMATCH:
      return Trouble::corrupt;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return Trouble::read_only;
    default:
      break;
  }
  // Growing or syncing a file on a full disk is an I/O error to SQLite; so is a file-size limit.
  return (failure_ & 0xff) == SQLITE_IOERR && means_full_disk(system_error_) ? Trouble::full
                                                                             : Trouble::other;
}

void Database::clear_failure() {
  failure_ = 0;
  system_error_ = 0;
  failure_text_.clear();
}

void Database::refuse(Trouble trouble, const char* why) {
  if (!failed()) {
    failure_ = trouble == Trouble::corrupt ? SQLITE_CORRUPT : SQLITE_READONLY;
    failure_text_ = why;
  }
}

void Database::note(int result) {
  if (failed() || result == SQLITE_OK || result == SQLITE_ROW || result == SQLITE_DONE) {
    return;
  }
  failure_ = result;
  system_error_ = sqlite3_system_errno(handle_);
  if (system_error_ == 0) {  // SQLite does not take it down when a COMMIT fails
    system_error_ = last_system_error();
  }
  failure_text_ = sqlite3_errmsg(handle_);
}

Statement::Statement(Database& database, const char* sql) : database_(database), sql_(sql) {
  if (!database.prepares_late_) {
    prepare();
  }
}

void Statement::prepare() {
  if (handle_ == nullptr && !database_.failed()) {
    database_.note(sqlite3_prepare_v3(database_.handle_, sql_, -1, SQLITE_PREPARE_PERSISTENT,
                                      &handle_, nullptr));
  }
}

Statement::~Statement() {
  sqlite3_finalize(handle_);
}

Query::~Query() {
  sqlite3_reset(statement_.handle_);  // its result repeats what step() said
}

bool Query::next() {
  if (statement_.database_.failed()) {
    return false;
  }
  set_system_error(0);  // see note()
  const int result = sqlite3_step(statement_.handle_);
  statement_.database_.note(result);
  return result == SQLITE_ROW;
}

void Query::run() {
  while (next()) {
  }
}

std::int64_t Query::number(int column) const {
  return sqlite3_column_int64(statement_.handle_, column);
}

std::optional<std::int64_t> Query::maybe_number(int column) const {
  if (sqlite3_column_type(statement_.handle_, column) == SQLITE_NULL) {
    return std::nullopt;
  }
  return number(column);
}

std::string_view Query::text(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_.handle_, column);
  const int size = sqlite3_column_bytes(statement_.handle_, column);
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)};
}

Bytes Query::blob(int column) const {
  const void* data = sqlite3_column_blob(statement_.handle_, column);
  const int size = sqlite3_column_bytes(statement_.handle_, column);
  return {static_cast<const std::byte*>(data), static_cast<std::size_t>(size)};
}

void Query::bind(std::int64_t value) {
  ++bound_;
  if (!statement_.database_.failed()) {
    statement_.database_.note(sqlite3_bind_int64(statement_.handle_, bound_, value));
  }
}

void Query::bind(const std::optional<std::int64_t>& value) {
  if (value) {
    bind(*value);
    return;
  }
  ++bound_;
  if (!statement_.database_.failed()) {
    statement_.database_.note(sqlite3_bind_null(statement_.handle_, bound_));
  }
}

void Query::bind(std::string_view value) {
  ++bound_;
  if (!statement_.database_.failed()) {
    const char* data = value.data() == nullptr ? "" : value.data();  // "" is text, not NULL
    statement_.database_.note(sqlite3_bind_text64(statement_.handle_, bound_, data, value.size(),
                                                  SQLITE_STATIC, SQLITE_UTF8));
  }
}

void Query::bind(Bytes value) {
  ++bound_;
  if (!statement_.database_.failed()) {
    statement_.database_.note(
        sqlite3_bind_blob64(statement_.handle_, bound_, value.data(), value.size(), SQLITE_STATIC));
  }
}

}  // namespace reporterd
