// reporter-collector as a program: started, killed, asked.

#include <gtest/gtest.h>
#include <httplib.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "daemon/core/timestamp.h"
#include "tests/e2e/programs.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/collector/system_words.h"

namespace reporterd {
namespace {

std::string sent_message(int sender, int second) {
  const auto ts = *parse_ts("2026-03-03T00:00:00Z") + std::chrono::seconds(second);
  return R"({"ts":")" + canonical_ts(ts) +
         R"(","data":{"service":"butler","serviceVersion":"5.1.0","system":{"id":")" +
         std::string(64, static_cast<char>('a' + sender)) + R"("},"enabledFeatures":{}}})";
}

const std::string collector = built_program("reporter-collector");

// A collector on a port of its own; constructed when it is ready.
class Collector {
 public:
  explicit Collector(const std::string& db)
      : program_({collector, "serve", "--listen", "127.0.0.1:0", "--db", db}) {
    const std::string before = "reporter-collector: listening on ";
    const bool listens = program_.wait_until([&] { return program_.output().ends_with('\n'); });
    const std::string& line = program_.output();
    EXPECT_TRUE(listens && line.starts_with(before)) << line;
    url_ = line.substr(std::min(before.size(), line.size()), line.find('\n') - before.size());
  }

  const std::string& url() const { return url_; }
  Program& program() { return program_; }

 private:
  Program program_;
  std::string url_;
};

}  // namespace

TEST(CollectorProgram, WhatItAnsweredSurvivesKill9) {
  constexpr int senders = 4;
  TempFolder folder;
  const std::string db = folder / "c.db";
  std::vector<std::array<int, 2>> answered;  // sender, second
  std::mutex mutex;
  for (int round = 0; round < 3; ++round) {
    Collector running(db);
    std::atomic<int> stored = 0;
    std::vector<std::thread> threads;
    threads.reserve(senders);
    for (int sender = 0; sender < senders; ++sender) {
      threads.emplace_back([&, sender] {
        httplib::Client client(running.url());
        client.set_keep_alive(true);
        client.set_tcp_nodelay(true);
        for (int i = 0;; ++i) {
          const int second = round * 100'000 + i;
          const auto reply =
              client.Post("/v1/messages", sent_message(sender, second), "application/json");
          if (!reply || reply->status != 201) {
            return;  // killed
          }
          const std::lock_guard lock(mutex);
          answered.push_back({sender, second});
          ++stored;
          stored.notify_one();
        }
      });
    }
    for (int seen = 0; seen < 40; seen = stored) {
      stored.wait(seen);
    }
    running.program().kill9();
    for (auto& thread : threads) {
      thread.join();
    }
  }
  EXPECT_GE(answered.size(), 120U);
  Collector running(db);
  httplib::Client client(running.url());
  client.set_keep_alive(true);
  client.set_tcp_nodelay(true);
  for (const auto& [sender, second] : answered) {
    ASSERT_EQ(client.Post("/v1/messages", sent_message(sender, second), "application/json")->status,
              200);
  }
}

TEST(CollectorProgram, AStopEndsItInOrderThoughASenderKeepsItsConnection) {
  TempFolder folder;
  Collector running(folder / "c.db");
  httplib::Client client(running.url());
  client.set_keep_alive(true);
  ASSERT_TRUE(client.Get("/healthz"));
  running.program().ask_to_stop();
  EXPECT_EQ(running.program().wait(), 0) << running.program().output();
}

TEST(CollectorProgram, QueryPrintsRowsAndCounts) {
  TempFolder folder;
  const std::string db = folder / "c.db";
  Collector running(db);
  httplib::Client client(running.url());
  client.Post("/v1/messages", sent_message(0, 1), "application/json");
  client.Post("/v1/messages", sent_message(1, 2), "application/json");
  const Ended table = run({collector, "query", "--db", db});
  EXPECT_EQ(table.exit, 0);
  EXPECT_NE(table.output.find("2026-03-03T00:00:02.000Z"), std::string::npos);
  EXPECT_NE(table.output.find("2 messages of 2 instances"), std::string::npos);
  const auto json = nlohmann::json::parse(run({collector, "query", "--json", "--db", db}).output);
  EXPECT_EQ(json["version"], 1);
  EXPECT_EQ(json["counts"]["messages"], 2);
  EXPECT_EQ(json["rows"][0]["instanceId"], std::string(64, 'a'));
  EXPECT_EQ(json["rows"][0]["bytes"], sent_message(0, 1).size());
}

TEST(CollectorProgram, WrongUseIsExplainedAndExitsWith2) {
  TempFolder folder;
  const std::string db = folder / "c.db";
  for (const Arguments& arguments :
       std::vector<Arguments>{{},
                              {"serve"},
                              {"serve", "--db", db, "--listen", "80"},
                              {"serve", "--db", db, "--tls-cert", "x"},
                              {"serve", "--db", db, "--operator-token-file", folder / "empty"},
                              {"serve", "--db", db, "--rate", "-5"},
                              {"serve", "--db", db, "--path", "/a[b"},
                              {"serve", "--db", db, "--path", "a"},
                              {"query"},
                              {"explode"}}) {
    Arguments command = {collector};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const Ended ended = run(command);
    EXPECT_EQ(ended.exit, 2) << testing::PrintToString(arguments);
    EXPECT_TRUE(ended.output.starts_with("reporter-collector: ")) << ended.output;
    EXPECT_TRUE(ended.output.ends_with("; see reporter-collector --help\n")) << ended.output;
    EXPECT_EQ(std::ranges::count(ended.output, '\n'), 1) << ended.output;
  }
  const Ended none = run({collector, "query", "--db", folder / "none.db"});
  EXPECT_EQ(none.exit, 1);
  EXPECT_EQ(none.output,
            "reporter-collector: cannot open " + folder / "none.db" + ": " + missing_file() + "\n");
  EXPECT_EQ(run({collector, "--version"}).exit, 0);
  EXPECT_TRUE(run({collector, "--version"}).output.starts_with("reporter-collector "));
}

}  // namespace reporterd
