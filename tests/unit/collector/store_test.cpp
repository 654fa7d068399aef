#include "collector/store.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "collector/query.h"
#include "daemon/core/assert.h"
#include "daemon/core/timestamp.h"
#include "tests/support/files.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/collector/system_words.h"

namespace reporterd {
namespace {

const WallTime received = *parse_ts("2026-03-04T00:00:00Z");

CheckedMessage checked_message(char id, int minute, const std::string& service = "butler") {
  return {{std::string(64, id), received + std::chrono::minutes(minute)},
          R"({"data":{"service":")" + service + R"(","serviceVersion":"5.1.0"}})"};
}

class Store : public testing::Test {
 protected:
  std::vector<Stored> add(std::vector<CheckedMessage> messages) {
    return store_->add(std::move(messages), received).value();
  }
  std::int64_t rows() { return store_->counts()->messages; }
  std::string printed(CollectorStore& store, bool as_json) {
    const std::string file = folder_ / "out";
    std::FILE* out = std::fopen(file.c_str(), "wb");
    ASSERT(out != nullptr);
    EXPECT_TRUE(print_rows(store, as_json, out).has_value());
    std::fclose(out);
    return read_bytes(file);
  }

  TempFolder folder_;
  std::string file_ = folder_ / "c.db";
  std::unique_ptr<CollectorStore> store_ = CollectorStore::open(file_).value();
};

}  // namespace

TEST_F(Store, AKeyIsStoredOnceAndOtherBytesAreAConflict) {
  EXPECT_EQ(add({checked_message('a', 1)}), std::vector{Stored::added});
  EXPECT_EQ(add({checked_message('a', 1)}), std::vector{Stored::known});
  EXPECT_EQ(add({checked_message('a', 1, "other")}), std::vector{Stored::conflict});
  EXPECT_EQ(add({checked_message('a', 2), checked_message('b', 1), checked_message('a', 2)}),
            (std::vector{Stored::added, Stored::added, Stored::known}));
  EXPECT_EQ(rows(), 3);
  store_->each_row([](const StoredRow& row) { EXPECT_EQ(row.service, "butler"); }).value();
}

TEST_F(Store, ManySendersAtOnceLoseAndRepeatNothing) {
  constexpr int senders = 16;
  constexpr int each = 50;
  std::vector<std::thread> threads;
  threads.reserve(senders);
  for (int sender = 0; sender < senders; ++sender) {
    threads.emplace_back([&, sender] {
      for (int i = 0; i < each; ++i) {
        // Two senders share each instance, so that half of all is a repeat.
        add({checked_message(static_cast<char>('a' + sender / 2), i)});
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(rows(), senders / 2 * each);
  EXPECT_EQ(store_->counts()->instances, senders / 2);
}

TEST_F(Store, WhatWasStoredIsThereAgain) {
  add({checked_message('a', 1)});
  store_ = nullptr;
  store_ = CollectorStore::open(file_).value();
  EXPECT_EQ(add({checked_message('a', 1)}), std::vector{Stored::known});
}

TEST_F(Store, AnErasedInstanceIsGoneFromTheFiles) {
  add({checked_message('a', 1, "trace-to-erase"), checked_message('a', 2),
       checked_message('b', 1)});
  EXPECT_EQ(store_->erase(std::string(64, 'a')), 2);
  EXPECT_EQ(store_->erase(std::string(64, 'a')), 0);
  EXPECT_EQ(rows(), 1);
  EXPECT_EQ(read_bytes(file_).find("trace-to-erase"), std::string::npos);
  EXPECT_EQ(read_bytes(file_ + "-wal").find("trace-to-erase"), std::string::npos);
}

TEST_F(Store, AFileThatIsNoDatabaseIsRefusedAndLeftAlone) {
  const std::string other = folder_ / "other.db";
  std::ofstream(other) << std::string(4096, 'x');
  const auto opened = CollectorStore::open(other);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::corrupt);
  EXPECT_EQ(read_bytes(other), std::string(4096, 'x'));
  EXPECT_FALSE(CollectorStore::open(folder_ / "no/such/folder.db").has_value());
}

TEST_F(Store, ADatabaseOfAnotherProgramIsRefusedAndLeftAlone) {
  const std::string other = folder_ / "other.db";
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(other.c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db, "CREATE TABLE messages (seq)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
  const std::string before = read_bytes(other);
  for (auto* open : {&CollectorStore::open, &CollectorStore::open_existing}) {
    const auto opened = open(other);
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().what,
              other + ": is not a database of reporter-collector; it was not touched");
  }
  EXPECT_EQ(read_bytes(other), before);
}

TEST_F(Store, AQueryTellsWhyItCannotOpenAFile) {
  const auto why = [](const std::string& file) {
    const auto opened = CollectorStore::open_existing(file);
    return opened ? "" : opened.error().what;
  };
  const std::string missing = folder_ / "missing.db";
  EXPECT_EQ(why(missing), "cannot open " + missing + ": " + missing_file());
  const std::string empty = folder_ / "empty.db";
  std::ofstream(empty).flush();
  EXPECT_EQ(why(empty), empty + ": is not a database of reporter-collector; it was not touched");
}

TEST_F(Store, OneIsNoPlural) {
  add({checked_message('a', 1)});
  const std::string text = printed(*CollectorStore::open_existing(file_).value(), false);
  EXPECT_TRUE(text.ends_with("\n1 message of 1 instance\n")) << text;
}

TEST_F(Store, AQueryReadsBesideARunningCollector) {
  add({checked_message('a', 1), checked_message('b', 2, "butler-sos")});
  const auto reader = CollectorStore::open_existing(file_).value();
  for (const bool as_json : {false, true}) {
    const std::string text = printed(*reader, as_json);
    EXPECT_NE(text.find("2026-03-04T00:02:00.000Z"), std::string::npos);
    EXPECT_NE(text.find("butler-sos"), std::string::npos);
    const auto* counts =
        as_json ? R"("counts":{"messages":2,"instances":2})" : "2 messages of 2 instances\n";
    EXPECT_NE(text.find(counts), std::string::npos);
  }
}

}  // namespace reporterd
