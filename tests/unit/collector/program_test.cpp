// reporter-collector as a program: started, killed, asked.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "daemon/core/assert.h"
#include "daemon/core/timestamp.h"
#include "tests/unit/collector/scratch.h"

namespace reporterd {
namespace {

std::string message(int sender, int second) {
  const auto ts = *parse_ts("2026-03-03T00:00:00Z") + std::chrono::seconds(second);
  return R"({"ts":")" + canonical_ts(ts) +
         R"(","data":{"service":"butler","serviceVersion":"5.1.0","system":{"id":")" +
         std::string(64, static_cast<char>('a' + sender)) + R"("},"enabledFeatures":{}}})";
}

// A collector on a port of its own; constructed when it is ready.
class Program {
 public:
  explicit Program(const std::string& db) {
    std::array<int, 2> out{};
    EXPECT_EQ(pipe2(out.data(), O_CLOEXEC), 0);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(out[1], STDOUT_FILENO);
      execl(COLLECTOR, COLLECTOR, "serve", "--listen", "127.0.0.1:0", "--db", db.c_str(), nullptr);
      _exit(127);
    }
    close(out[1]);
    std::string line;
    char c = 0;
    while (read(out[0], &c, 1) == 1 && c != '\n') {
      line += c;
    }
    close(out[0]);
    const std::string before = "reporter-collector: listening on ";
    EXPECT_TRUE(line.starts_with(before)) << line;
    url_ = line.substr(std::min(before.size(), line.size()));
  }
  ~Program() {
    if (pid_ > 0) {
      end(SIGKILL);
    }
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  const std::string& url() const { return url_; }

  // The exit status as waitpid gives it.
  int end(int signal) {
    kill(pid_, signal);
    int status = 0;
    waitpid(std::exchange(pid_, -1), &status, 0);
    return status;
  }

 private:
  pid_t pid_ = -1;
  std::string url_;
};

struct Output {
  int exit_code;
  std::string text;
};

Output run(const std::string& arguments) {
  std::FILE* pipe = popen((std::string(COLLECTOR) + " " + arguments + " 2>&1").c_str(), "r");
  ASSERT(pipe != nullptr);
  Output output{};
  std::array<char, 4096> buffer{};
  for (std::size_t got = 1; got > 0;) {
    got = std::fread(buffer.data(), 1, buffer.size(), pipe);
    output.text.append(buffer.data(), got);
  }
  output.exit_code = WEXITSTATUS(pclose(pipe));
  return output;
}

}  // namespace

TEST(CollectorProgram, WhatItAnsweredSurvivesKill9) {
  constexpr int senders = 4;
  Scratch scratch;
  const std::string db = scratch.file("c.db");
  std::vector<std::array<int, 2>> answered;  // sender, second
  std::mutex mutex;
  for (int round = 0; round < 3; ++round) {
    Program program(db);
    std::atomic<int> stored = 0;
    std::vector<std::thread> threads;
    threads.reserve(senders);
    for (int sender = 0; sender < senders; ++sender) {
      threads.emplace_back([&, sender] {
        httplib::Client client(program.url());
        client.set_keep_alive(true);
        client.set_tcp_nodelay(true);
        for (int i = 0;; ++i) {
          const int second = round * 100'000 + i;
          const auto reply =
              client.Post("/v1/messages", message(sender, second), "application/json");
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
    EXPECT_TRUE(WIFSIGNALED(program.end(SIGKILL)));
    for (auto& thread : threads) {
      thread.join();
    }
  }
  EXPECT_GE(answered.size(), 120U);
  Program program(db);
  httplib::Client client(program.url());
  client.set_keep_alive(true);
  client.set_tcp_nodelay(true);
  for (const auto& [sender, second] : answered) {
    ASSERT_EQ(client.Post("/v1/messages", message(sender, second), "application/json")->status,
              200);
  }
}

TEST(CollectorProgram, SigtermEndsItCleanly) {
  Scratch scratch;
  Program program(scratch.file("c.db"));
  EXPECT_EQ(program.end(SIGTERM), 0);
}

TEST(CollectorProgram, QueryPrintsRowsAndCounts) {
  Scratch scratch;
  const std::string db = scratch.file("c.db");
  Program program(db);
  httplib::Client client(program.url());
  client.Post("/v1/messages", message(0, 1), "application/json");
  client.Post("/v1/messages", message(1, 2), "application/json");
  const Output table = run("query --db " + db);
  EXPECT_EQ(table.exit_code, 0);
  EXPECT_NE(table.text.find("2026-03-03T00:00:02.000Z"), std::string::npos);
  EXPECT_NE(table.text.find("2 messages of 2 instances"), std::string::npos);
  const auto json = nlohmann::json::parse(run("query --json --db " + db).text);
  EXPECT_EQ(json["version"], 1);
  EXPECT_EQ(json["counts"]["messages"], 2);
  EXPECT_EQ(json["rows"][0]["instanceId"], std::string(64, 'a'));
  EXPECT_EQ(json["rows"][0]["bytes"], message(0, 1).size());
}

TEST(CollectorProgram, WrongUseIsExplainedAndExitsWith2) {
  Scratch scratch;
  for (const auto& arguments :
       {std::string(), std::string("serve"), "serve --db " + scratch.file("c.db") + " --listen 80",
        "serve --db " + scratch.file("c.db") + " --tls-cert x",
        "serve --db " + scratch.file("c.db") + " --operator-token-file /dev/null",
        "serve --db " + scratch.file("c.db") + " --rate -5",
        "serve --db " + scratch.file("c.db") + " --path '/a[b'",
        "serve --db " + scratch.file("c.db") + " --path a", std::string("query"),
        std::string("explode")}) {
    const Output output = run(arguments);
    EXPECT_EQ(output.exit_code, 2) << arguments;
    EXPECT_TRUE(output.text.starts_with("reporter-collector: ")) << output.text;
    EXPECT_TRUE(output.text.ends_with("; see reporter-collector --help\n")) << output.text;
    EXPECT_EQ(std::ranges::count(output.text, '\n'), 1) << output.text;
  }
  const Output none = run("query --db " + scratch.file("none.db"));
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_EQ(none.text, "reporter-collector: cannot open " + scratch.file("none.db") +
                           ": No such file or directory\n");
  EXPECT_EQ(run("--version").exit_code, 0);
  EXPECT_TRUE(run("--version").text.starts_with("reporter-collector "));
}

}  // namespace reporterd
