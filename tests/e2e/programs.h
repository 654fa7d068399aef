#pragma once
// Real programs as children of the test: started, watched, killed by their id. Whoever waits here
// waits for something to happen; the limits only end a test that fails anyway.

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "tests/e2e/process.h"

namespace reporterd {

constexpr std::chrono::milliseconds event_limit = std::chrono::seconds(30);

// When a wait that begins now is over.
class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds limit)
      : over_(std::chrono::steady_clock::now() + limit) {}

  // 0: it is over.
  std::chrono::milliseconds left() const {
    const auto left = over_ - std::chrono::steady_clock::now();
    return std::max(std::chrono::ceil<std::chrono::milliseconds>(left),
                    std::chrono::milliseconds(0));
  }

 private:
  std::chrono::steady_clock::time_point over_;
};

class Program {
 public:
  // Starts command[0]. The environment is this one without DO_NOT_TRACK and proxies, and
  // `environment` ("NAME=value").
  explicit Program(const Arguments& command, const Arguments& environment = {});
  // kill -9, when it still runs.
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  int id() const { return process_.id(); }
  void kill9() const { process_.kill9(); }
  void ask_to_stop() const { process_.ask_to_stop(); }
  // Its exit code, or 128 and its signal; nullopt: it still runs at the limit.
  std::optional<int> wait(std::chrono::milliseconds limit = event_limit);

  // All that it has said so far, both channels.
  const std::string& output();
  // Looks at `condition` whenever the program says something, and every few milliseconds.
  bool wait_until(const std::function<bool()>& condition,
                  std::chrono::milliseconds limit = event_limit);

 private:
  Process process_;
  std::string output_;
};

struct Ended {
  int exit = -1;
  std::string output;  // both channels
};

// What a variable of this test's environment says.
int number_of(const char* variable, int otherwise);

// Runs a program to its end.
Ended run(const Arguments& command, const Arguments& environment = {});

}  // namespace reporterd
