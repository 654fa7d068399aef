#include "tests/fuzz/outbox_files.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "daemon/core/timestamp.h"
#include "tests/fuzz/targets.h"
#include "tests/support/files.h"
#include "tests/support/temp_folder.h"

namespace reporterd::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t message_count = 60;
const std::string butler = "/opt/butler/config/production.yaml";

WallTime wall(std::int64_t seconds) {
  return *parse_ts("2026-03-04T00:00:00Z") + std::chrono::seconds(seconds);
}
Now at(std::int64_t seconds) {
  return {instant_at(seconds * 1000), wall(seconds)};
}
ClockMark mark(std::int64_t seconds) {
  return {seconds * 1000, seconds * 1000, "boot"};
}

// Every tenth is long enough for overflow pages.
NewMessage numbered(std::int64_t n) {
  NewMessage made;
  made.key = {std::string(64, n % 3 == 0 ? 'b' : 'a'), wall(n)};
  std::string api;
  for (int i = 0; i < (n % 10 == 3 ? 400 : 4); ++i) {
    api += fmt::format(R"({}"a_rather_long_name_{}_{}":true)", i == 0 ? "" : ",", n, i);
  }
  made.content =
      fmt::format(R"({{"service":"butler","serviceVersion":"5.1.0","system":{{"id":"{}"}},)"
                  R"("enabledFeatures":{{"api":{{{}}},"feature":{{}}}}}})",
                  made.key.instance_id, api);
  made.body = R"({"ts":")" + canonical_ts(made.key.ts) + R"(","data":)" + made.content + "}";
  made.source = n % 7 == 1 ? butler : "";
  return made;
}

void run(SqliteOutbox& outbox, std::int64_t seconds, std::function<void(Outbox&)> work) {
  Writer::Work works[] = {Writer::Work(std::move(work))};
  require(outbox.transact(works, mark(seconds)).has_value(), "the original cannot be made");
}

void fill(SqliteOutbox& outbox) {
  run(outbox, 100, [](Outbox& o) {
    for (std::int64_t n = 1; n <= message_count; ++n) {
      o.append(numbered(n), at(n));
    }
    for (std::int64_t n = 1; n <= message_count; ++n) {
      if (n % 4 == 0 || n < 10) {
        o.settle(n, n % 8 == 0 ? State::rejected : State::delivered, "", at(100));
      }
    }
    o.hold_source(butler);
    o.put("pause", "until then");
  });
}

// Of a service that was killed: the last things it did stand in the log only.
OutboxFiles make_original(const TempFolder& folder) {
  // The log's salts are drawn by SQLite: seeded, the same edits mean the same damage everywhere.
  sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, 1, nullptr);
  const std::string path = folder / "original.db";
  StoreSettings settings;
  settings.history_bytes = 1 << 10;  // most of the history is key records
  auto first = SqliteOutbox::open(path, settings, wall(0));
  require(first.has_value(), "the original cannot be made");
  fill(**first);
  require((*first)->trim(mark(101)).has_value() && (*first)->close(mark(102)).has_value(),
          "the original cannot be closed");
  auto second = SqliteOutbox::open(path, settings, wall(0));
  require(second.has_value(), "the original cannot be opened again");
  run(**second, 103, [](Outbox& o) {
    for (std::int64_t n = message_count + 1; n <= message_count + 4; ++n) {
      o.append(numbered(n), at(n));
    }
  });
  run(**second, 104, [](Outbox& o) {
    o.remove(31, at(104));
    o.defer(11, at(160).observed, "HTTP 500");
    o.settle(14, State::delivered, "", at(104));
  });
  return {read_bytes(path), read_bytes(path + "-wal"), false};
}

const TempFolder& folder() {
  static const TempFolder made;
  return made;
}

const OutboxFiles& original() {
  static const OutboxFiles made = make_original(folder());
  return made;
}

bool is_original(const LeasedMessage& given) {
  static const auto known = [] {
    std::map<std::pair<std::string, std::int64_t>, std::string> bodies;
    for (std::int64_t n = 1; n <= message_count + 4; ++n) {
      NewMessage made = numbered(n);
      bodies[{made.key.instance_id, to_us(made.key.ts)}] = std::move(made.body);
    }
    return bodies;
  }();
  const auto found = known.find({given.key.instance_id, to_us(given.key.ts)});
  return found != known.end() && found->second == given.body;
}

// The reserve stays: making it anew each time is most of the work, and it is not what is tested.
void clear(const TempFolder& folder) {
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    if (entry.path().extension() != ".reserve") {
      fs::remove(entry.path());
    }
  }
}

}  // namespace

DamagedCopy::DamagedCopy(std::string_view edits)
    : path_(folder() / "outbox.db"), files_(original()) {
  damage(files_, read_edits(edits));
  clear(folder());
  write_bytes(path_, files_.database);
  if (!files_.wal.empty()) {
    write_bytes(path_ + "-wal", files_.wal);
  }
  if (files_.suspect) {
    write_bytes(path_ + ".suspect", "");
  }
}

void DamagedCopy::require_kept_as(const std::string& path) const {
  require(read_bytes(path) == files_.database, "the damaged file was changed", path);
  require(read_bytes(path + "-wal") == files_.wal, "the damaged file's log was changed", path);
}

namespace {

// What reporterctl would ask for; whatever the answer, it must be one that can be shown.
void look_at_everything(Outbox& outbox) {
  for (const bool settled : {false, true}) {
    Listing all;
    all.settled = settled;
    all.limit = 1000;
    for (const Row& row : outbox.list(all)) {
      require(name_of(row.state) != "?", "a state without a name");
      outbox.body(row.seq);
      outbox.has_key(row.key);
    }
  }
}

void release_all(Outbox& outbox) {
  Listing held;
  held.state = State::held;
  held.limit = 1000;
  std::set<std::string> sources;
  for (const Row& row : outbox.list(held)) {
    sources.insert(row.source);
  }
  for (const std::string& source : sources) {
    outbox.release_source(source);
  }
}

Lease lease_all(Outbox& outbox) {
  LeaseWish all;
  all.now = instant_at(1'000'000'000'000'000);
  all.limit = 1000;
  all.bytes = 1U << 30;
  all.ignore_due = true;
  return outbox.lease(all);
}

}  // namespace

Result<Life> live(const std::string& path) {
  auto opened = SqliteOutbox::open(path, {}, wall(200));
  if (!opened) {
    return std::unexpected(opened.error());
  }
  SqliteOutbox& outbox = **opened;
  Life life{.opened = outbox.opened(), .ledger = {}, .bodies = {}};
  Lease lease;
  Writer::Work works[] = {[&lease](Outbox& o) {
    look_at_everything(o);
    release_all(o);
    lease = lease_all(o);
  }};
  const auto done = outbox.transact(works, mark(201));
  if (!done) {
    return std::unexpected(done.error());
  }
  life.ledger = done->ledger;
  require(life.ledger.balances(), "the ledger does not balance");
  for (const LeasedMessage& message : lease.messages) {
    require(is_original(message), "a message was given out that nobody handed in", message.body);
    require(life.bodies.insert(message.body).second, "a message was given out twice", message.body);
  }
  if (const Status closed = outbox.close(mark(202)); !closed) {
    return std::unexpected(closed.error());
  }
  return life;
}

void require_same(const Life& first, const Life& second) {
  require(!second.opened.set_aside, "what was sound is set aside");
  require(first.bodies == second.bodies, "what was given out before is not given out again");
  require(first.ledger == second.ledger, "what was counted before is counted otherwise");
}

}  // namespace reporterd::fuzz
