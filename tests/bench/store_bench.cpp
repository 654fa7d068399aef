// What the outbox adds to SQLite itself. `Bare` inserts the same bytes with one plain statement
// (WAL, synchronous=FULL, same transactions) and is the raw limit of the machine in the same run.
// Run with --benchmark_enable_random_interleaving=true --benchmark_repetitions=5, and compare
// medians; TMPDIR says which disk.

#include <benchmark/benchmark.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "store/sqlite_outbox.h"

namespace reporterd {
namespace {

const std::string body(1510, 'x');
constexpr std::int64_t first_ts_us = 1'700'000'000'000'000;

// A folder of its own on the disk that is measured, removed at the end.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "store_bench_XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file() const { return (path_ / "outbox.db").string(); }

 private:
  std::filesystem::path path_;
};

void must(bool condition, const char* what) {
  if (!condition) {
    std::fprintf(stderr, "store_bench: %s failed\n", what);
    std::abort();
  }
}

void bare(benchmark::State& state) {
  const Folder folder;
  sqlite3* db = nullptr;
  must(sqlite3_open(folder.file().c_str(), &db) == SQLITE_OK, "open");
  const auto run = [&](const char* sql) {
    must(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK, sql);
  };
  run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
  run("CREATE TABLE outbox(seq INTEGER PRIMARY KEY, key INTEGER NOT NULL, due INTEGER NOT NULL,"
      " tries INTEGER NOT NULL, body BLOB NOT NULL)");
  sqlite3_stmt* insert = nullptr;
  must(sqlite3_prepare_v2(db, "INSERT INTO outbox(key, due, tries, body) VALUES (?, ?, 0, ?)", -1,
                          &insert, nullptr) == SQLITE_OK,
       "prepare");
  std::int64_t key = 0;
  for ([[maybe_unused]] auto _ : state) {
    run("BEGIN IMMEDIATE");
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      sqlite3_bind_int64(insert, 1, ++key * 1000003);
      sqlite3_bind_int64(insert, 2, 0);
      sqlite3_bind_blob(insert, 3, body.data(), static_cast<int>(body.size()), SQLITE_STATIC);
      must(sqlite3_step(insert) == SQLITE_DONE, "insert");
      sqlite3_reset(insert);
    }
    run("COMMIT");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  sqlite3_finalize(insert);
  sqlite3_close(db);
}

// An outbox with room for everything, and a clock that ticks once a transaction.
class Bench {
 public:
  Bench() {
    StoreSettings settings;
    settings.max_bytes = std::size_t{8} << 30;
    auto opened = SqliteOutbox::open(folder_.file(), settings, WallTime());
    must(opened.has_value(), "open");
    outbox_ = *std::move(opened);
  }
  Now now() const { return {instant_at(tick_), wall_at(first_ts_us + tick_ * 1000)}; }

  template <class Do>
  void transact(Do&& work) {
    ++tick_;
    Writer::Work works[] = {Writer::Work(std::forward<Do>(work))};
    must(outbox_->transact(works, ClockMark{tick_, tick_, "bench"}).has_value(), "transact");
  }
  void append(std::int64_t count) {
    transact([&](Outbox& outbox) {
      for (std::int64_t i = 0; i < count; ++i) {
        message_.key.ts = wall_at(first_ts_us + ++messages_ * 1000);
        must(outbox.append(message_, now()) == Appended::queued, "append");
      }
    });
  }

 private:
  Folder folder_;
  std::unique_ptr<SqliteOutbox> outbox_;
  NewMessage message_{{std::string(64, 'a'), {}}, body, "", ""};
  std::int64_t tick_ = 0;
  std::int64_t messages_ = 0;
};

void append(benchmark::State& state) {
  Bench bench;
  for ([[maybe_unused]] auto _ : state) {
    bench.append(state.range(0));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// Leases a batch and settles the one before, as a busy delivery does: one transaction each.
void lease_and_settle(benchmark::State& state) {
  const auto batch = static_cast<std::size_t>(state.range(0));
  Bench bench;
  for (int i = 0; i < 100; ++i) {
    bench.append(1000);
  }
  std::vector<Seq> out;
  for ([[maybe_unused]] auto _ : state) {
    bench.transact([&](Outbox& outbox) {
      for (const Seq seq : out) {
        must(outbox.settle(seq, State::delivered, "201", bench.now()), "settle");
      }
      const Lease lease = outbox.lease(
          {.now = bench.now().observed, .limit = batch, .bytes = std::size_t{1} << 30});
      must(lease.messages.size() == batch, "lease");
      out.clear();
      for (const LeasedMessage& message : lease.messages) {
        out.push_back(message.seq);
      }
    });
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK(bare)->Arg(64)->Iterations(500)->UseRealTime();
BENCHMARK(append)->Arg(64)->Iterations(500)->UseRealTime();
BENCHMARK(bare)->Arg(256)->Iterations(200)->UseRealTime();
BENCHMARK(append)->Arg(256)->Iterations(200)->UseRealTime();
BENCHMARK(lease_and_settle)->Arg(100)->Iterations(1000)->UseRealTime();
BENCHMARK(lease_and_settle)->Arg(1000)->Iterations(100)->UseRealTime();

}  // namespace
}  // namespace reporterd
