#pragma once
// One SQLite connection and its statements. Every result is checked here: the first failure is
// remembered, and from then on every call does nothing and answers empty until clear_failure().
// So code that runs many statements looks once, at the end of its transaction.
//
// Not thread-safe: one thread at a time.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "daemon/core/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace reporterd {

using Bytes = std::span<const std::byte>;

class Database {
 public:
  // Opens (or creates) the file and takes nothing yet: no lock, no read. `vfs` "" is the default.
  static Result<std::unique_ptr<Database>> open(const std::string& path, const std::string& vfs);
  explicit Database(sqlite3* handle) : handle_(handle) {}
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs SQL text (one or more statements) and ignores rows.
  void run(const char* sql);
  // The first column of the first row, 0 if there is none.
  std::int64_t number(const char* sql);

  // How long to wait while another process has the file locked; not at all unless told.
  void wait_for_lock(std::chrono::milliseconds most);
  bool read_only() const;
  bool in_transaction() const;
  std::int64_t rows_changed() const;  // since the connection was opened
  std::int64_t last_change() const;   // rows, by the last INSERT, UPDATE or DELETE
  std::int64_t wal_bytes() const;     // size of the -wal file, 0 without one
  // Writes the frames of the WAL that SQLite believes again where they stand, and syncs: what an
  // earlier sync failed to write, and only the cache still has, is on disk then.
  void write_wal_again();
  void release_memory();
  void roll_back();  // if a transaction is open; works after a failure, too
  // Copies the WAL back into the file and empties it. Trouble is ignored: the WAL then just stays.
  void checkpoint();
  // Keeps the close from checkpointing: the file is not ours, or the connection not to be trusted.
  void leave_untouched();

  bool failed() const { return failure_ != 0; }
  // Who is to blame for the failure, as far as it decides what to do next.
  enum class Trouble { none, busy, full, corrupt, read_only, other };
  Trouble trouble() const;
  const std::string& failure_text() const { return failure_text_; }
  void clear_failure();
  // Statements made from now on are prepared when they are first used, not when they are made.
  void prepare_late() { prepares_late_ = true; }
  // Remembers a failure that SQLite does not see as one.
  void refuse(Trouble trouble, const char* why);

 private:
  friend class Statement;
  friend class Query;
  void note(int result);  // remembers it if it is a failure and the first

  sqlite3* handle_;
  int failure_ = 0;       // SQLite's extended result code
  int system_error_ = 0;  // behind it, see last_system_error()
  std::string failure_text_;
  bool prepares_late_ = false;
};

// A statement prepared once for the life of its connection. A text that does not compile is a
// failure of the connection. `sql` is borrowed.
class Statement {
 public:
  Statement(Database& database, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

 private:
  friend class Query;
  void prepare();  // unless it is

  Database& database_;
  const char* sql_;
  sqlite3_stmt* handle_ = nullptr;
};

// One execution of a statement; it is reset at the end of the scope (a statement left open would
// pin the WAL). Texts and blobs given and answered are borrowed, not copied.
class Query {
 public:
  template <class... Values>
  explicit Query(Statement& statement, const Values&... values) : statement_(statement) {
    statement_.prepare();
    (bind(values), ...);
  }
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  // Each call binds the next parameter.
  void bind(std::int64_t value);
  void bind(int value) { bind(std::int64_t{value}); }
  void bind(const std::optional<std::int64_t>& value);
  void bind(std::string_view value);
  void bind(const std::string& value) { bind(std::string_view(value)); }
  void bind(const char* value) { bind(std::string_view(value)); }
  void bind(Bytes value);  // a null pointer is NULL

  // Goes to the next row; false when there is none, or on a failure.
  bool next();
  // Runs to the end.
  void run();

  std::int64_t number(int column) const;
  std::optional<std::int64_t> maybe_number(int column) const;  // absent: NULL
  std::string_view text(int column) const;
  Bytes blob(int column) const;

 private:
  Statement& statement_;
  int bound_ = 0;
};

}  // namespace reporterd
