#include "store/salvage_notes.h"

#include <algorithm>
#include <utility>

namespace reporterd {
namespace {

using Kind = RawValue::Kind;

constexpr const char* scratch_tables = R"(
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = OFF;        -- a salvage that is interrupted begins anew
  PRAGMA synchronous = OFF;
  PRAGMA cache_size = -1024;        -- KiB
  CREATE TABLE message(seq, ts_us, instance, source, state, accepted_ms, accepted_us, sha, content,
                       attempts, due_ms, requeued, may_have_arrived, withdrawn);
  CREATE TABLE settled_key(ts_us, instance, sha);
  CREATE TABLE instance(id, name, PRIMARY KEY (id, name)) WITHOUT ROWID;
  CREATE TABLE source(id, name, PRIMARY KEY (id, name)) WITHOUT ROWID;
  CREATE TABLE state(name PRIMARY KEY, value) WITHOUT ROWID;
  BEGIN;
)";

constexpr std::size_t most_epochs = 4096;                    // sources are few; more are no marks
constexpr Seq highest_seq = Seq{1} << 40;                    // beyond it a position is damage
constexpr std::int64_t earliest_ts = 1'420'070'400'000'000;  // 2015: none is older
constexpr std::int64_t latest_ts = std::int64_t{1} << 53;

bool is(const RawRow& row, std::size_t column, Kind kind) {
  return row.values[column].kind == kind;
}

bool is_null_or(const RawRow& row, std::size_t column, Kind kind) {
  return is(row, column, Kind::null) || is(row, column, kind);
}

bool are_integers(const RawRow& row, std::size_t from, std::size_t to) {
  return std::all_of(row.values.begin() + static_cast<std::ptrdiff_t>(from),
                     row.values.begin() + static_cast<std::ptrdiff_t>(to),
                     [](const RawValue& value) { return value.kind == Kind::integer; });
}

bool is_seq(std::int64_t seq) {
  return seq > 0 && seq < highest_seq;
}

bool is_ts(std::int64_t us) {
  return us >= earliest_ts && us < latest_ts;
}

bool is_digest(const RawValue& value) {
  return value.kind == Kind::blob && value.bytes.size() == sizeof(Digest);
}

Bytes bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

Digest digest_in(Bytes bytes) {
  Digest digest{};
  std::ranges::copy(bytes.first(std::min(bytes.size(), digest.size())), digest.begin());
  return digest;
}

}  // namespace

struct SalvageNotes::Inserts {
  explicit Inserts(Database& database) : d(database) {}
  Database& d;
  Statement message{d, "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)"};
  Statement key{d, "INSERT INTO settled_key VALUES (?, ?, ?)"};
  Statement instance{d, "INSERT OR IGNORE INTO instance VALUES (?, ?)"};
  Statement source{d, "INSERT OR IGNORE INTO source VALUES (?, ?)"};
  Statement state{d, "INSERT OR IGNORE INTO state VALUES (?, ?)"};
  Statement claiming{d,
                     "SELECT ts_us, instance, source, state, accepted_ms, accepted_us, sha, "
                     "content, attempts, due_ms, requeued, may_have_arrived FROM message "
                     "WHERE seq = ? ORDER BY state DESC LIMIT 8"};
  Statement instances{d, "SELECT name FROM instance WHERE id = ? LIMIT 8"};
  Statement sources{d, "SELECT name FROM source WHERE id = ? LIMIT 8"};
};

SalvageNotes::SalvageNotes(std::unique_ptr<Database> scratch) : scratch_(std::move(scratch)) {
  scratch_->run(scratch_tables);
  inserts_ = std::make_unique<Inserts>(*scratch_);
}

SalvageNotes::~SalvageNotes() = default;

void SalvageNotes::take(const RawRow& row) {
  if (!row.rowid) {
    const bool is_key = row.values.size() == 3 && are_integers(row, 0, 2) &&
                        is_digest(row.values[2]) && is_ts(row.values[0].integer);
    if (is_key) {
      Query(inserts_->key, row.values[0].integer, row.values[1].integer,
            bytes_of(row.values[2].bytes))
          .run();
    } else if (row.values.size() == 2) {
      take_index_pair(row);
    }
    return;
  }
  if (!take_message(row) && !take_ledger(row) && row.values.size() == 2 && is(row, 0, Kind::null)) {
    take_pair(row);
  }
}

bool SalvageNotes::take_message(const RawRow& row) {
  const auto& v = row.values;
  if (v.size() < 19 || !is(row, 0, Kind::null) || !are_integers(row, 1, 8) || !is_digest(v[8]) ||
      !(is(row, 9, Kind::null) || is_digest(v[9])) || !is(row, 10, Kind::integer) ||
      !is_null_or(row, 11, Kind::integer) || !are_integers(row, 12, 15) ||
      !is_null_or(row, 15, Kind::integer) || !is_null_or(row, 16, Kind::integer) ||
      !is_null_or(row, 17, Kind::integer) || !is(row, 18, Kind::text)) {
    return false;
  }
  const std::int64_t state = v[4].integer;
  const bool settled = state >= 2;
  const bool is_whole = is_seq(*row.rowid) && is_ts(v[1].integer) && state >= 0 && state <= 8 &&
                        settled == !is(row, 16, Kind::null);
  if (is_whole) {
    const auto due = is(row, 11, Kind::null)
                         ? std::nullopt
                         : std::optional(std::max(v[11].integer, std::int64_t{0}));
    Query(inserts_->message, *row.rowid, v[1].integer, v[2].integer, v[3].integer, state,
          std::max(v[6].integer, std::int64_t{0}), v[7].integer, bytes_of(v[8].bytes),
          is(row, 9, Kind::null) ? Bytes() : bytes_of(v[9].bytes),
          std::clamp(v[10].integer, std::int64_t{0}, std::int64_t{1} << 30), due,
          v[12].integer != 0 ? 1 : 0, v[13].integer != 0 ? 1 : 0)
        .run();
  }
  return true;
}

bool SalvageNotes::take_ledger(const RawRow& row) {
  if (row.values.size() < 26 || *row.rowid != 1 || !are_integers(row, 1, 25) ||
      !is(row, 25, Kind::text)) {
    return false;
  }
  Books books;
  std::size_t column = 1;
  bool is_sound = row.values[23].integer >= 0 && row.values[24].integer >= 0 &&
                  row.values[25].bytes.size() < sizeof clock_.boot_id;
  for (std::int64_t* number : numbers_of(books)) {
    *number = row.values[column++].integer;
    is_sound = is_sound && *number >= 0 && *number < (std::int64_t{1} << 60);
  }
  is_sound = is_sound && books.newest < highest_seq && books.ledger.balances();
  if (is_sound && (!books_ || books.newest > books_->newest)) {
    books_ = books;
    clock_ = {.observed_ms = row.values[23].integer, .since_boot_ms = row.values[24].integer};
    row.values[25].bytes.copy(clock_.boot_id, sizeof clock_.boot_id - 1);
  }
  return true;
}

// A row of instance, source or withdrawal: (rowid, one value).
void SalvageNotes::take_pair(const RawRow& row) {
  const RawValue& value = row.values[1];
  if (value.kind == Kind::integer && is_seq(value.integer) && *row.rowid >= -1 &&
      epochs_.size() < most_epochs) {
    epochs_.push_back({*row.rowid, value.integer});
  } else if (value.kind == Kind::text && *row.rowid > 0 && !body_of(row)) {
    Query(is_instance_id(value.bytes) ? inserts_->instance : inserts_->source, *row.rowid,
          value.bytes)
        .run();
  }
}

// A row of `state`, or of an index on names: a second copy of instance and source. `meta` has the
// shape of the latter.
void SalvageNotes::take_index_pair(const RawRow& row) {
  const RawValue& first = row.values[0];
  const RawValue& second = row.values[1];
  if (first.kind != Kind::text) {
    return;
  }
  if (second.kind == Kind::text) {
    Query(inserts_->state, first.bytes, second.bytes).run();
  } else if (second.kind == Kind::integer && second.integer > 0 &&
             first.bytes != "min_reader_version") {
    Query(is_instance_id(first.bytes) ? inserts_->instance : inserts_->source, second.integer,
          first.bytes)
        .run();
  }
}

void SalvageNotes::sort() {
  scratch_->run("CREATE INDEX message_seq ON message(seq, state)");
  // Marks the ledger knows of, but not which: see is_withdrawn().
  if (epochs_.empty() && books_ && books_->withdrawal_left > 0) {
    epochs_.push_back({-1, highest_seq});
  }
  Statement mark(*scratch_,
                 "UPDATE message SET withdrawn = 1 "
                 "WHERE state <= 1 AND seq <= ?1 AND (?2 = -1 OR source = ?2)");
  for (const Epoch& epoch : epochs_) {
    Query(mark, epoch.up_to, epoch.source).run();
  }
}

std::vector<NotedMessage> SalvageNotes::claiming(Seq seq) {
  std::vector<NotedMessage> found;
  Query row(inserts_->claiming, seq);
  while (row.next()) {
    NotedMessage& message = found.emplace_back();
    message.seq = seq;
    message.ts_us = row.number(0);
    message.instance = row.number(1);
    message.source = row.number(2);
    message.state = static_cast<State>(row.number(3));
    message.accepted_ms = row.number(4);
    message.accepted_us = row.number(5);
    message.sha = digest_in(row.blob(6));
    if (!row.blob(7).empty()) {
      message.content = digest_in(row.blob(7));
    }
    message.attempts = row.number(8);
    message.due_ms = row.maybe_number(9);
    message.requeued = row.number(10) != 0;
    message.may_have_arrived = row.number(11) != 0;
  }
  return found;
}

std::vector<std::string> SalvageNotes::instances(std::int64_t id) {
  std::vector<std::string> names;
  for (Query row(inserts_->instances, id); row.next();) {
    names.emplace_back(row.text(0));
  }
  return names;
}

std::vector<std::string> SalvageNotes::sources(std::int64_t id) {
  std::vector<std::string> names;
  for (Query row(inserts_->sources, id); row.next();) {
    names.emplace_back(row.text(0));
  }
  return names;
}

void SalvageNotes::add_instance(std::int64_t id, std::string_view name) {
  Query(inserts_->instance, id, name).run();
}

bool SalvageNotes::is_withdrawn(Seq seq, std::int64_t source) const {
  return std::ranges::any_of(epochs_, [&](const Epoch& epoch) {
    return seq <= epoch.up_to && (epoch.source == -1 || epoch.source == source);
  });
}

std::optional<NotedBody> body_of(const RawRow& row) {
  if (!row.rowid || !is_seq(*row.rowid) || row.values.size() != 2 || !is(row, 0, Kind::null) ||
      !is(row, 1, Kind::text) || !row.values[1].bytes.starts_with('{')) {
    return std::nullopt;
  }
  return NotedBody{*row.rowid, row.values[1].bytes};
}

}  // namespace reporterd
