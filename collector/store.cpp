#include "collector/store.h"

#include <sqlite3.h>

#include <algorithm>
#include <condition_variable>
#include <future>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <variant>

#include "daemon/core/timestamp.h"

namespace reporterd {
namespace {

constexpr int application_id = 0x72706331;  // "rpc1"

constexpr const char* schema = R"(
CREATE TABLE IF NOT EXISTS messages (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  received TEXT NOT NULL,
  instance_id TEXT NOT NULL,
  ts TEXT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (instance_id, ts)
) STRICT)";

struct CloseDatabase {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

Error database_error(sqlite3* db) {
  const int code = sqlite3_errcode(db) & 0xFF;
  const bool damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
  return {damaged ? ErrorCode::corrupt : ErrorCode::io,
          std::string("the database: ") + sqlite3_errmsg(db)};
}

Status execute(sqlite3* db, const char* sql) {
  if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return std::unexpected(database_error(db));
  }
  return {};
}

Result<Statement> prepare(sqlite3* db, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(db, sql, -1, &statement, nullptr) != SQLITE_OK) {
    return std::unexpected(database_error(db));
  }
  return Statement(statement);
}

// The one number that `sql` asks for.
Result<std::int64_t> number(sqlite3* db, const char* sql) {
  auto row = prepare(db, sql);
  if (!row) {
    return std::unexpected(row.error());
  }
  if (sqlite3_step(row->get()) != SQLITE_ROW) {
    return std::unexpected(database_error(db));
  }
  return sqlite3_column_int64(row->get(), 0);
}

// Whether a collector made this database; an empty one may become a collector's.
Status check_ours(sqlite3* db, bool may_be_empty) {
  const auto tables = number(db, "SELECT count(*) FROM sqlite_schema");
  const auto id = tables ? number(db, "PRAGMA application_id") : tables;
  if (!id && id.error().code != ErrorCode::corrupt) {
    return std::unexpected(id.error());
  }
  const bool empty = id && *id == 0 && *tables == 0;
  if (!id || (*id != application_id && !(empty && may_be_empty))) {
    return fail(ErrorCode::corrupt, "is not a database of reporter-collector; it was not touched");
  }
  return {};
}

// The text must live until the statement is reset or done.
void bind(sqlite3_stmt* statement, int at, const std::string& text) {
  sqlite3_bind_text64(statement, at, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

std::string text_of(sqlite3_stmt* statement, int column) {
  const auto* text = static_cast<const char*>(sqlite3_column_blob(statement, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
  return text == nullptr ? std::string() : std::string(text, size);
}

using Added = Result<std::vector<Stored>>;
using Erased = Result<std::int64_t>;

struct Add {
  std::vector<CheckedMessage> messages;
  WallTime received;
  std::promise<Added> done;
};
struct Erase {
  std::string instance_id;
  std::promise<Erased> done;
};
using Job = std::variant<Add, Erase>;

}  // namespace

struct CollectorStore::Impl {
  Database db;
  Statement insert;
  Statement find;
  Statement remove;

  std::mutex mutex;  // guards jobs and stopping
  std::condition_variable wake;
  std::vector<Job> jobs;
  bool stopping = false;
  std::thread writer;  // the only one that uses db once it runs, but for queries in open_existing

  Status prepare_all();
  void write_until_stopped();
  void write(std::vector<Job>& batch);
  Added add(const Add& job);
  Result<Stored> add_one(const CheckedMessage& message, const std::string& received);
  Erased erase(const std::string& instance_id);
  template <class T>
  T hand_over(Job job, std::future<T> answer);
};

Status CollectorStore::Impl::prepare_all() {
  if (auto ours = check_ours(db.get(), /*may_be_empty=*/true); !ours) {
    return ours;
  }
  // Marked before it has a table: a half-made database must be known again.
  const std::string mark = "PRAGMA application_id = " + std::to_string(application_id);
  for (const char* sql : {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL",
                          "PRAGMA secure_delete = ON", mark.c_str(), schema}) {
    if (auto done = execute(db.get(), sql); !done) {
      return done;
    }
  }
  const std::pair<Statement*, const char*> statements[] = {
      {&insert,
       "INSERT INTO messages (received, instance_id, ts, body) VALUES (?1, ?2, ?3, ?4) "
       "ON CONFLICT (instance_id, ts) DO NOTHING"},
      {&find, "SELECT body = ?3 FROM messages WHERE instance_id = ?1 AND ts = ?2"},
      {&remove, "DELETE FROM messages WHERE instance_id = ?1"},
  };
  for (const auto& [statement, sql] : statements) {
    auto prepared = prepare(db.get(), sql);
    if (!prepared) {
      return std::unexpected(prepared.error());
    }
    *statement = std::move(*prepared);
  }
  return {};
}

void CollectorStore::Impl::write_until_stopped() {
  std::unique_lock lock(mutex);
  while (true) {
    wake.wait(lock, [this] { return stopping || !jobs.empty(); });
    if (jobs.empty()) {
      return;
    }
    std::vector<Job> batch = std::exchange(jobs, {});
    lock.unlock();
    write(batch);
    lock.lock();
  }
}

// One transaction for the batch; the answers are given after its commit.
void CollectorStore::Impl::write(std::vector<Job>& batch) {
  std::vector<std::variant<Added, Erased>> answers;
  bool erased = false;
  auto status = execute(db.get(), "BEGIN IMMEDIATE");
  for (const Job& job : batch) {
    if (!status) {
      break;
    }
    if (const auto* addition = std::get_if<Add>(&job)) {
      answers.emplace_back(add(*addition));
    } else {
      answers.emplace_back(erase(std::get<Erase>(job).instance_id));
      erased = true;
    }
    status = std::visit(
        [](const auto& answer) { return answer ? Status() : std::unexpected(answer.error()); },
        answers.back());
  }
  if (status) {
    status = execute(db.get(), "COMMIT");
  }
  if (!status) {
    static_cast<void>(execute(db.get(), "ROLLBACK"));
  } else if (erased) {
    // The log still has the old pages: empty it, so that what was erased is gone.
    static_cast<void>(execute(db.get(), "PRAGMA wal_checkpoint(TRUNCATE)"));
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (auto* addition = std::get_if<Add>(&batch[i])) {
      addition->done.set_value(status ? std::get<Added>(answers[i])
                                      : Added(std::unexpected(status.error())));
    } else {
      std::get<Erase>(batch[i]).done.set_value(status ? std::get<Erased>(answers[i])
                                                      : Erased(std::unexpected(status.error())));
    }
  }
}

Added CollectorStore::Impl::add(const Add& job) {
  const std::string received = canonical_ts(job.received);
  std::vector<Stored> answers;
  answers.reserve(job.messages.size());
  for (const CheckedMessage& message : job.messages) {
    const auto stored = add_one(message, received);
    if (!stored) {
      return std::unexpected(stored.error());
    }
    answers.push_back(*stored);
  }
  return answers;
}

Result<Stored> CollectorStore::Impl::add_one(const CheckedMessage& message,
                                             const std::string& received) {
  const std::string ts = canonical_ts(message.key.ts);
  bind(insert.get(), 1, received);
  bind(insert.get(), 2, message.key.instance_id);
  bind(insert.get(), 3, ts);
  bind(insert.get(), 4, message.body);
  const int inserted = sqlite3_step(insert.get());
  sqlite3_reset(insert.get());
  if (inserted != SQLITE_DONE) {
    return std::unexpected(database_error(db.get()));
  }
  if (sqlite3_changes(db.get()) == 1) {
    return Stored::added;
  }
  bind(find.get(), 1, message.key.instance_id);
  bind(find.get(), 2, ts);
  bind(find.get(), 3, message.body);
  const int found = sqlite3_step(find.get());
  const bool same = sqlite3_column_int(find.get(), 0) == 1;
  sqlite3_reset(find.get());
  if (found != SQLITE_ROW) {
    return std::unexpected(database_error(db.get()));
  }
  return same ? Stored::known : Stored::conflict;
}

Erased CollectorStore::Impl::erase(const std::string& instance_id) {
  bind(remove.get(), 1, instance_id);
  const int removed = sqlite3_step(remove.get());
  sqlite3_reset(remove.get());
  if (removed != SQLITE_DONE) {
    return std::unexpected(database_error(db.get()));
  }
  return sqlite3_changes64(db.get());
}

template <class T>
T CollectorStore::Impl::hand_over(Job job, std::future<T> answer) {
  {
    const std::lock_guard lock(mutex);
    jobs.push_back(std::move(job));
  }
  wake.notify_one();
  return answer.get();
}

CollectorStore::CollectorStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

CollectorStore::~CollectorStore() {
  if (impl_->writer.joinable()) {
    {
      const std::lock_guard lock(impl_->mutex);
      impl_->stopping = true;
    }
    impl_->wake.notify_one();
    impl_->writer.join();
  }
}

Result<std::unique_ptr<CollectorStore>> CollectorStore::open_with(const std::string& file,
                                                                  int flags) {
  auto impl = std::make_unique<Impl>();
  sqlite3* db = nullptr;
  const int opened = sqlite3_open_v2(file.c_str(), &db, flags | SQLITE_OPEN_FULLMUTEX, nullptr);
  impl->db.reset(db);
  if (opened != SQLITE_OK) {
    const int why = sqlite3_system_errno(db);
    return fail(ErrorCode::io, "cannot open " + file + ": " +
                                   (why != 0 ? std::system_category().message(why)
                                             : std::string(sqlite3_errmsg(db))));
  }
  sqlite3_busy_timeout(db, 10'000);
  return std::unique_ptr<CollectorStore>(new CollectorStore(std::move(impl)));
}

Result<std::unique_ptr<CollectorStore>> CollectorStore::open(const std::string& file) {
  auto store = open_with(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  if (!store) {
    return store;
  }
  Impl& impl = *(*store)->impl_;
  if (auto ready = impl.prepare_all(); !ready) {
    return fail(ready.error().code, file + ": " + ready.error().what);
  }
  impl.writer = std::thread([&impl] { impl.write_until_stopped(); });
  return store;
}

Result<std::unique_ptr<CollectorStore>> CollectorStore::open_existing(const std::string& file) {
  // Not read-only: the first reader of a WAL database may have to recover it.
  auto store = open_with(file, SQLITE_OPEN_READWRITE);
  if (store) {
    if (auto ours = check_ours((*store)->impl_->db.get(), /*may_be_empty=*/false); !ours) {
      return fail(ours.error().code, file + ": " + ours.error().what);
    }
  }
  return store;
}

Result<std::vector<Stored>> CollectorStore::add(std::vector<CheckedMessage> messages,
                                                WallTime received) {
  Add job{std::move(messages), received, {}};
  auto answer = job.done.get_future();
  return impl_->hand_over(std::move(job), std::move(answer));
}

Result<std::int64_t> CollectorStore::erase(const std::string& instance_id) {
  Erase job{instance_id, {}};
  auto answer = job.done.get_future();
  return impl_->hand_over(std::move(job), std::move(answer));
}

Status CollectorStore::each_row(const std::function<void(const StoredRow&)>& visit) {
  auto rows = prepare(impl_->db.get(),
                      "SELECT received, instance_id, ts, json_extract(body, '$.data.service'), "
                      "json_extract(body, '$.data.serviceVersion'), length(CAST(body AS BLOB)) "
                      "FROM messages ORDER BY seq");
  if (!rows) {
    return std::unexpected(rows.error());
  }
  int step = sqlite3_step(rows->get());
  for (; step == SQLITE_ROW; step = sqlite3_step(rows->get())) {
    visit({text_of(rows->get(), 0), text_of(rows->get(), 1), text_of(rows->get(), 2),
           text_of(rows->get(), 3), text_of(rows->get(), 4), sqlite3_column_int64(rows->get(), 5)});
  }
  if (step != SQLITE_DONE) {
    return std::unexpected(database_error(impl_->db.get()));
  }
  return {};
}

Result<StoredCounts> CollectorStore::counts() {
  auto row = prepare(impl_->db.get(), "SELECT count(*), count(DISTINCT instance_id) FROM messages");
  if (!row) {
    return std::unexpected(row.error());
  }
  if (sqlite3_step(row->get()) != SQLITE_ROW) {
    return std::unexpected(database_error(impl_->db.get()));
  }
  return StoredCounts{sqlite3_column_int64(row->get(), 0), sqlite3_column_int64(row->get(), 1)};
}

}  // namespace reporterd
