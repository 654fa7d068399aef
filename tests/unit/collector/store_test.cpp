#include "collector/store.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "collector/query.h"
#include "daemon/core/timestamp.h"
#include "tests/unit/collector/scratch.h"

namespace reporterd {
namespace {

const WallTime received = *parse_ts("2026-03-04T00:00:00Z");

CheckedMessage message(char id, int minute, const std::string& service = "butler") {
  return {{std::string(64, id), received + std::chrono::minutes(minute)},
          R"({"data":{"service":")" + service + R"(","serviceVersion":"5.1.0"}})"};
}

std::string file_text(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Store : public testing::Test {
 protected:
  std::vector<Stored> add(std::vector<CheckedMessage> messages) {
    return store_->add(std::move(messages), received).value();
  }
  std::int64_t rows() { return store_->counts()->messages; }

  Scratch scratch_;
  std::string file_ = scratch_.file("c.db");
  std::unique_ptr<CollectorStore> store_ = CollectorStore::open(file_).value();
};

}  // namespace

TEST_F(Store, AKeyIsStoredOnceAndOtherBytesAreAConflict) {
  EXPECT_EQ(add({message('a', 1)}), std::vector{Stored::added});
  EXPECT_EQ(add({message('a', 1)}), std::vector{Stored::known});
  EXPECT_EQ(add({message('a', 1, "other")}), std::vector{Stored::conflict});
  EXPECT_EQ(add({message('a', 2), message('b', 1), message('a', 2)}),
            (std::vector{Stored::added, Stored::added, Stored::known}));
  EXPECT_EQ(rows(), 3);
  store_->each_row([](const StoredRow& row) { EXPECT_EQ(row.service, "butler"); }).value();
}

TEST_F(Store, ManySendersAtOnceLoseAndRepeatNothing) {
  constexpr int senders = 16;
  constexpr int each = 50;
  std::vector<std::thread> threads;
  for (int sender = 0; sender < senders; ++sender) {
    threads.emplace_back([&, sender] {
      for (int i = 0; i < each; ++i) {
        // Two senders share each instance, so that half of all is a repeat.
        add({message(static_cast<char>('a' + sender / 2), i)});
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
  add({message('a', 1)});
  store_ = nullptr;
  store_ = CollectorStore::open(file_).value();
  EXPECT_EQ(add({message('a', 1)}), std::vector{Stored::known});
}

TEST_F(Store, AnErasedInstanceIsGoneFromTheFiles) {
  add({message('a', 1, "trace-to-erase"), message('a', 2), message('b', 1)});
  EXPECT_EQ(store_->erase(std::string(64, 'a')), 2);
  EXPECT_EQ(store_->erase(std::string(64, 'a')), 0);
  EXPECT_EQ(rows(), 1);
  EXPECT_EQ(file_text(file_).find("trace-to-erase"), std::string::npos);
  EXPECT_EQ(file_text(file_ + "-wal").find("trace-to-erase"), std::string::npos);
}

TEST_F(Store, AFileThatIsNoDatabaseIsRefusedAndLeftAlone) {
  const std::string other = scratch_.file("other.db");
  std::ofstream(other) << std::string(4096, 'x');
  const auto opened = CollectorStore::open(other);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::corrupt);
  EXPECT_EQ(file_text(other), std::string(4096, 'x'));
  EXPECT_FALSE(CollectorStore::open(scratch_.file("no/such/folder.db")).has_value());
  EXPECT_FALSE(CollectorStore::open_existing(scratch_.file("missing.db")).has_value());
}

TEST_F(Store, OneIsNoPlural) {
  add({message('a', 1)});
  std::FILE* out = std::tmpfile();
  ASSERT_TRUE(print_rows(*CollectorStore::open_existing(file_).value(), false, out).has_value());
  std::string text(1000, '\0');
  std::rewind(out);
  text.resize(std::fread(text.data(), 1, text.size(), out));
  std::fclose(out);
  EXPECT_TRUE(text.ends_with("\n1 message of 1 instance\n")) << text;
}

TEST_F(Store, AQueryReadsBesideARunningCollector) {
  add({message('a', 1), message('b', 2, "butler-sos")});
  const auto reader = CollectorStore::open_existing(file_).value();
  for (const bool as_json : {false, true}) {
    const std::string out_file = scratch_.file("out");
    std::FILE* out = std::fopen(out_file.c_str(), "w");
    EXPECT_TRUE(print_rows(*reader, as_json, out).has_value());
    std::fclose(out);
    const std::string text = file_text(out_file);
    EXPECT_NE(text.find("2026-03-04T00:02:00.000Z"), std::string::npos);
    EXPECT_NE(text.find("butler-sos"), std::string::npos);
    const auto* counts =
        as_json ? R"("counts":{"messages":2,"instances":2})" : "2 messages of 2 instances\n";
    EXPECT_NE(text.find(counts), std::string::npos);
  }
}

}  // namespace reporterd
