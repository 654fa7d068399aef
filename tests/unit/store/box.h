#pragma once
// What the store's tests share: a folder that goes away, and an outbox driven by one-line works.

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <functional>
#include <string>

#include "store/sqlite_outbox.h"
#include "tests/support/temp_folder.h"

namespace reporterd {

using Seqs = std::vector<Seq>;

inline constexpr std::size_t page_bytes = 4096;
inline const std::string butler = "/etc/butler/production.yaml";
inline constexpr std::int64_t day_zero_us = 1'700'000'000'000'000;

class Folder {
 public:
  Folder() : Folder(std::filesystem::temp_directory_path()) {}
  explicit Folder(const std::filesystem::path& where) : path_(make_temp_folder(where)) {}
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::string file() const { return (path_ / "outbox.db").string(); }

 private:
  std::filesystem::path path_;
};

// Where a folder is made by tests with hundreds of files that are not about the disk.
inline std::filesystem::path memory() {
  std::error_code error;
  return std::filesystem::exists("/dev/shm", error) ? "/dev/shm"
                                                    : std::filesystem::temp_directory_path();
}

inline std::string instance(char digit) {
  return std::string(64, digit);
}

// A message whose key and bytes follow from `n`.
inline NewMessage message(std::int64_t n, std::size_t bytes = 100) {
  std::string body = "{\"n\":" + std::to_string(n) + "}";
  body.resize(std::max(bytes, body.size()), ' ');
  return {{instance('a'), wall_at(day_zero_us + n * 1000)}, body, "", ""};
}

inline NewMessage report(std::int64_t n, const std::string& source, const std::string& content = "",
                         std::size_t bytes = 100) {
  NewMessage made = message(n, bytes);
  made.source = source;
  made.content = content;
  return made;
}

// An outbox and its clock: 1 s passes with every transaction.
class Box {
 public:
  explicit Box(std::string path = ":memory:", StoreSettings settings = {})
      : path_(std::move(path)), settings_(std::move(settings)) {
    open();
  }

  void open() {
    auto opened = SqliteOutbox::open(path_, settings_, wall_at(day_zero_us));
    ASSERT_TRUE(opened) << opened.error().what;
    outbox = *std::move(opened);
    snapshot = outbox->opened().snapshot;
  }
  // As after kill -9: nothing in memory survives. (The file is closed in order.)
  void crash() {
    outbox.reset();
    open();
  }
  void close() { ASSERT_TRUE(outbox->close(mark())); }
  void close_and_open() {
    close();
    open();
  }

  Now now() const { return {instant_at(seconds * 1000), wall_at(day_zero_us + seconds * 1000000)}; }
  ClockMark mark() const { return {seconds * 1000, seconds * 1000, "boot"}; }

  Result<Snapshot> attempt(std::function<void(Outbox&)> work) {
    ++seconds;
    Writer::Work works[] = {Writer::Work(std::move(work))};
    return outbox->transact(works, mark());
  }
  void run(std::function<void(Outbox&)> work) {
    auto done = attempt(std::move(work));
    ASSERT_TRUE(done) << done.error().what;
    snapshot = *done;
  }

  Appended append(const NewMessage& added) {
    Appended answer = Appended::storage_full;
    run([&](Outbox& o) { answer = o.append(added, now()); });
    return answer;
  }
  void append_many(std::int64_t from, std::int64_t to, std::size_t bytes = 100) {
    run([&](Outbox& o) {
      for (std::int64_t n = from; n <= to; ++n) {
        ASSERT_EQ(o.append(message(n, bytes), now()), Appended::queued) << n;
      }
    });
  }
  Lease lease(std::size_t limit, LeaseWish wish = {}) {
    Lease given;
    run([&](Outbox& o) {
      wish.now = now().observed;
      wish.limit = limit;
      wish.bytes = wish.bytes == 0 ? 1U << 20 : wish.bytes;
      given = o.lease(wish);
    });
    return given;
  }
  std::vector<Seq> lease_seqs(std::size_t limit, LeaseWish wish = {}) {
    std::vector<Seq> seqs;
    for (const LeasedMessage& given : lease(limit, wish).messages) {
      seqs.push_back(given.seq);
    }
    return seqs;
  }
  bool settle(Seq seq, State how = State::delivered, const std::string& reason = "") {
    bool done = false;
    run([&](Outbox& o) { done = o.settle(seq, how, reason, now()); });
    return done;
  }
  void defer(Seq seq, std::int64_t wait_s) {
    run([&](Outbox& o) {
      o.defer(seq, now().observed + std::chrono::seconds(wait_s), "HTTP 500");
    });
  }
  std::optional<Row> find(Seq seq) {
    std::optional<Row> row;
    run([&](Outbox& o) { row = o.find(seq); });
    return row;
  }
  std::vector<Row> list(Listing listing) {
    std::vector<Row> rows;
    run([&](Outbox& o) { rows = o.list(listing); });
    return rows;
  }
  State state_of(Seq seq) { return find(seq).value_or(Row{}).state; }

  // Plain SQL on the closed file.
  std::int64_t sql(const std::string& text) const { return sql_on(path_, text); }
  static std::int64_t sql_on(const std::string& path, const std::string& text) {
    sqlite3* db = nullptr;
    std::int64_t number = 0;
    EXPECT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
    const auto take = [](void* to, int, char** values, char**) {
      *static_cast<std::int64_t*>(to) = values[0] == nullptr ? 0 : std::atoll(values[0]);
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(db, text.c_str(), take, &number, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db);
    sqlite3_close(db);
    return number;
  }

  std::unique_ptr<SqliteOutbox> outbox;
  Snapshot snapshot;
  std::int64_t seconds = 1000;

 private:
  std::string path_;
  StoreSettings settings_;
};

}  // namespace reporterd
