#include "store/salvage.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "store/digest.h"
#include "store/files.h"
#include "store/opening.h"
#include "store/salvage_notes.h"
#include "store/schema.h"

namespace reporterd {
namespace {

constexpr std::size_t most_message_bytes = 1U << 20;  // the highest outbox.maxMessageBytes
constexpr std::size_t most_row_bytes = most_message_bytes + 4096;
constexpr int rows_a_commit = 1000;
constexpr std::int64_t longest_wait_ms = 24LL * 3600 * 1000;  // retry.retryAfterMax by default
// Whose message it is cannot be told: held until its owner decides, as when consent is unknown.
constexpr const char* unknown_source = "(cannot be read)";

class Salvage {
 public:
  Salvage(Database& made, SalvageNotes& notes)
      : made_(made), notes_(notes), check_({.bytes = most_message_bytes}) {}

  // Takes the message whose body this is, if a noted row of it holds.
  void take(const NotedBody& body);
  // What remains once all bodies are taken: keys, state, the ledger.
  Salvaged finish();
  void begin() { made_.run("BEGIN"); }

 private:
  std::optional<std::string> proven_instance(const NotedMessage& row, std::string_view json);
  void insert(NotedMessage row, const std::string& instance, std::string_view json);
  std::int64_t id_of(Statement& find, Statement& add, std::string_view name);
  std::int64_t source_of(NotedMessage& row);
  void keep_keys(Books& books);
  void keep_state();
  Books balanced(Salvaged& result);
  std::int64_t count(const char* sql) { return notes_.database().number(sql); }
  void step();

  Database& made_;
  SalvageNotes& notes_;
  MessageCheck check_;
  MessageDigest digest_;
  std::int64_t queued_ = 0;
  std::int64_t held_ = 0;
  Seq highest_ = 0;
  std::int64_t newest_age_ms_ = 0;  // the highest accepted_ms taken
  int steps_ = 0;

  Statement find_instance_{made_, "SELECT id FROM instance WHERE name = ?"};
  Statement add_instance_{made_, "INSERT INTO instance(name) VALUES (?) RETURNING id"};
  Statement find_source_{made_, "SELECT id FROM source WHERE name = ?"};
  Statement add_source_{made_, "INSERT INTO source(name) VALUES (?) RETURNING id"};
  Statement add_message_{
      made_,
      "INSERT OR IGNORE INTO message(seq, ts_us, instance, source, state, bytes, accepted_ms, "
      "accepted_us, sha, content, attempts, due_ms, requeued, may_have_arrived, holder) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
  Statement add_body_{made_, "INSERT INTO body(seq, json) VALUES (?, ?)"};
  Statement add_key_{made_,
                     "INSERT OR IGNORE INTO settled_key(ts_us, instance, sha) "
                     "VALUES (?, ?, ?)"};
  Statement add_state_{made_, "INSERT OR REPLACE INTO state(name, value) VALUES (?, ?)"};
};

void Salvage::take(const NotedBody& body) {
  for (const NotedMessage& row : notes_.claiming(body.seq)) {
    const auto instance = proven_instance(row, body.json);
    if (!instance) {
      continue;
    }
    const bool waits = row.state <= State::held && !notes_.is_withdrawn(row.seq, row.source);
    if (waits) {
      insert(row, *instance, body.json);
    }
    return;
  }
}

// The instance id with which the row's digest holds; one that only the body still knows is noted.
std::optional<std::string> Salvage::proven_instance(const NotedMessage& row,
                                                    std::string_view json) {
  for (std::string& name : notes_.instances(row.instance)) {
    if (digest_.of(name, row.ts_us, json) == row.sha) {
      return std::move(name);
    }
  }
  auto checked = check_.check(json, {}, wall_at(row.ts_us));
  if (!checked || digest_.of(checked->key.instance_id, row.ts_us, json) != row.sha) {
    return std::nullopt;
  }
  notes_.add_instance(row.instance, checked->key.instance_id);
  return std::move(checked->key.instance_id);
}

void Salvage::insert(NotedMessage row, const std::string& instance, std::string_view json) {
  const std::int64_t source = source_of(row);
  if (notes_.books()) {
    row.accepted_ms = std::min(row.accepted_ms, notes_.clock().observed_ms);
  }
  const bool is_held = row.state == State::held;
  const std::optional<std::int64_t> holder =
      is_held ? std::optional<std::int64_t>(static_cast<int>(Holder::consent)) : std::nullopt;
  Query(add_message_, row.seq, row.ts_us, id_of(find_instance_, add_instance_, instance), source,
        static_cast<int>(row.state), static_cast<std::int64_t>(json.size()), row.accepted_ms,
        row.accepted_us, Bytes(row.sha), row.content ? Bytes(*row.content) : Bytes(), row.attempts,
        row.due_ms, row.requeued ? 1 : 0, row.may_have_arrived ? 1 : 0, holder)
      .run();
  if (made_.failed() || made_.last_change() == 0) {
    return;  // a copy of one that is there
  }
  Query(add_body_, row.seq, json).run();
  ++(is_held ? held_ : queued_);
  highest_ = std::max(highest_, row.seq);
  newest_age_ms_ = std::max(newest_age_ms_, row.accepted_ms);
  step();
}

std::int64_t Salvage::id_of(Statement& find, Statement& add, std::string_view name) {
  {
    Query row(find, name);
    if (row.next()) {
      return row.number(0);
    }
  }
  Query row(add, name);
  const std::int64_t id = row.next() ? row.number(0) : 0;
  row.run();
  return id;
}

std::int64_t Salvage::source_of(NotedMessage& row) {
  if (row.source == 0) {
    return 0;
  }
  const auto names = notes_.sources(row.source);
  if (names.size() != 1) {
    row.state = State::held;
    return id_of(find_source_, add_source_, unknown_source);
  }
  return id_of(find_source_, add_source_, names.front());
}

// The transaction stays small enough for the WAL to be copied back in between.
void Salvage::step() {
  if (++steps_ % rows_a_commit == 0) {
    made_.run("COMMIT; BEGIN");
  }
}

Salvaged Salvage::finish() {
  Salvaged result;
  Books books = balanced(result);
  keep_keys(books);
  keep_state();
  ClockMark clock = notes_.clock();
  if (!notes_.books()) {
    clock.observed_ms =
        newest_age_ms_ > 0 ? newest_age_ms_ : count("SELECT max(accepted_ms) FROM message");
  }
  {  // no damaged number makes a message wait for ever
    Statement limit(made_, "UPDATE message SET due_ms = ?1 WHERE state = 0 AND due_ms > ?1");
    Query(limit, clock.observed_ms + longest_wait_ms).run();
  }
  BookKeeper(made_).save(books, clock);
  made_.run("COMMIT");
  return result;
}

// Of settled and withdrawn messages; under each name their id may stand for, since nobody can tell
// which copy of it is damaged, and a key too many hurts nobody.
void Salvage::keep_keys(Books& books) {
  Statement keys(notes_.database(),
                 "SELECT ts_us, name, sha FROM (SELECT ts_us, instance, sha FROM message "
                 "WHERE state >= 2 OR withdrawn UNION ALL SELECT * FROM settled_key) "
                 "JOIN instance ON id = instance");
  for (Query row(keys); !made_.failed() && row.next();) {
    Query(add_key_, row.number(0), id_of(find_instance_, add_instance_, row.text(1)), row.blob(2))
        .run();
    books.keys += made_.last_change();
    books.keys_newest_us = std::max(books.keys_newest_us, row.number(0));
    step();
  }
}

void Salvage::keep_state() {
  Statement all(notes_.database(), "SELECT name, value FROM state");
  for (Query row(all); !made_.failed() && row.next();) {
    Query(add_state_, row.text(0), row.text(1)).run();
  }
}

// The ledger by the rule in salvage.h; it balances by construction.
Books Salvage::balanced(Salvaged& result) {
  Books books = notes_.books().value_or(Books{});
  Ledger& ledger = books.ledger;
  result.messages = queued_ + held_;
  std::int64_t withdrawn =
      count("SELECT count(DISTINCT seq) FROM message WHERE state <= 1 AND withdrawn");
  books.newest = std::max({books.newest, highest_, count("SELECT max(seq) FROM message")});
  if (notes_.books()) {
    const std::int64_t waiting = ledger.queued + ledger.held;
    withdrawn = std::min(waiting, std::max(withdrawn, books.withdrawal_left));
    result.lost = std::max(std::int64_t{0}, waiting - withdrawn - result.messages);
  } else {
    std::int64_t ended = 0;
    {
      Statement settled(notes_.database(),
                        "SELECT most, count(*) FROM (SELECT max(state) AS most FROM message "
                        "GROUP BY seq) WHERE most >= 2 GROUP BY most");
      for (Query row(settled); row.next();) {
        counter(ledger, static_cast<State>(row.number(0))) = row.number(1);
        ended += row.number(1);
      }
    }
    const std::int64_t known =
        ended + withdrawn + result.messages + count("SELECT count(*) FROM settled_key");
    result.lost = std::max(std::int64_t{0}, books.newest - known);
    books.lease_watermark = books.newest;
  }
  ledger.queued = queued_;
  ledger.held = held_;
  ledger.withdrawn += withdrawn;
  ledger.lost += result.lost;
  // As before, or higher when more was readable than the ledger knew of, or there is none.
  ledger.accepted = queued_ + held_ + ledger.settled() - ledger.requeued;
  books.withdrawal_left = books.history_bytes = books.keys = 0;
  books.bodies_gone_ms = books.bodies_gone_seq = 0;
  return books;
}

// Makes a new file at `path`; throws away what an earlier salvage left there, unless it is still
// at it: then it holds a lock.
Result<std::unique_ptr<Database>> start_over(const std::string& path) {
  if (file_exists(path)) {
    auto old = Database::open(path, "");
    if (!old) {
      return old;
    }
    (*old)->run("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    if ((*old)->trouble() == Database::Trouble::busy) {
      return std::unexpected(explain(**old, path));
    }
  }
  for (const char* end : {"", "-wal", "-journal"}) {
    remove_file(path + end);
  }
  if (auto made = make_private_file(path); !made) {
    return std::unexpected(made.error());
  }
  return Database::open(path, "");
}

Result<Salvaged> build(DamagedFile& from, Database& made, std::unique_ptr<Database> scratch) {
  kind_of_file(made);  // takes the lock
  take_and_configure(made, FileKind::fresh, true);
  prepare_schema(made, FileKind::fresh);
  SalvageNotes notes(std::move(scratch));
  RowWalk walk(from, most_row_bytes);
  walk.run([&](const RawRow& row) { notes.take(row); });
  notes.sort();
  Salvage salvage(made, notes);
  salvage.begin();
  walk.run([&](const RawRow& row) {
    if (const auto body = body_of(row)) {
      salvage.take(*body);
    }
  });
  const Salvaged result = salvage.finish();
  if (notes.database().failed()) {
    return std::unexpected(explain(notes.database(), "the scratch file of a salvage"));
  }
  return result;
}

}  // namespace

Result<Salvaged> salvage(const std::string& from, const std::string& to) {
  const std::string scratch_path = to + "-notes";
  auto made = start_over(to);
  if (!made) {
    return std::unexpected(made.error());
  }
  auto scratch = start_over(scratch_path);
  if (!scratch) {
    return std::unexpected(scratch.error());
  }
  DamagedFile file(from);
  auto result = build(file, **made, *std::move(scratch));
  remove_file(scratch_path);
  if ((*made)->failed()) {
    return std::unexpected(explain(**made, to));
  }
  (*made)->checkpoint();
  made->reset();
  if (file_exists(to + "-wal")) {  // it could not be copied into the file
    return fail(ErrorCode::io, "cannot finish " + to + "; check the disk, nothing was changed");
  }
  return result;
}

}  // namespace reporterd
