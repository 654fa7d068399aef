// How soon 1000 messages are through when the endpoint is a bad one: the release reporterd, one
// message a request. These times hardly depend on the machine: policy decides them.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <string>

#include "tests/bench/bare_receiver.h"
#include "tests/bench/measured_service.h"
#include "tests/support/temp_folder.h"

namespace reporterd {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t messages = 1000;
constexpr int submitters = 8;
constexpr std::size_t unanswered = 64;
constexpr std::size_t in_flight = 32;
constexpr seconds limit{120};

struct Case {
  const char* name;
  Trouble trouble;
  int goal_seconds;
};

constexpr std::array cases = {
    Case{"a good one, for comparison", {}, 3},
    Case{"500 with probability 0.1", {.failing = 0.1}, 5},
    Case{"silent for 5 s, time-out 5 s", {.silent = seconds(5)}, 15},
    Case{"replies 50 ms late, 32 in flight", {.late = milliseconds(50)}, 3},
};

// false: something could not be measured, or was lost; it is said.
bool measure(const std::string& program, const Case& one) {
  const TempFolder folder;
  BareReceiver receiver(messages, one.trouble);
  receiver.start();
  MeasuredService service(program, folder.path(), receiver.url(), 1, in_flight);
  if (!service.start()) {
    fmt::print(stderr, "endpoint_bench: reporterd did not start: {}\n", service.output());
    return false;
  }
  const auto begin = std::chrono::steady_clock::now();
  if (const auto taken = service.submit(messages, submitters, unanswered); !taken) {
    fmt::print(stderr, "endpoint_bench: {}: {}\n", taken.error(), service.output());
    return false;
  }
  if (!receiver.wait_for_all(limit)) {
    fmt::print(stderr, "endpoint_bench: {}: only {} of {} messages came\n", one.name,
               receiver.distinct(), messages);
    return false;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  fmt::print("{:<34}{:>8.2f} s{:>7} s{:>10}{:>8}\n", one.name, took.count(), one.goal_seconds,
             receiver.requests(), receiver.repeated());
  return service.stop();
}

int measure_all(int count, char** arguments) {
  std::string program = BINARY_DIR "/bin/reporterd";
  CLI::App app("Measures how soon 1000 messages are through at a bad endpoint.", "endpoint_bench");
  app.add_option("program", program, "the reporterd to measure")->check(CLI::ExistingFile);
  CLI11_PARSE(app, count, arguments);

  fmt::print("{:<34}{:>10}{:>9}{:>10}{:>8}\n", "", "took", "goal", "requests", "twice");
  bool well = true;
  for (const Case& one : cases) {
    well = measure(program, one) && well;
  }
  return well ? 0 : 1;
}

}  // namespace
}  // namespace reporterd

int main(int count, char** arguments) {
  try {
    return reporterd::measure_all(count, arguments);
  } catch (const std::exception& error) {
    fmt::print(stderr, "endpoint_bench: {}\n", error.what());
    return 1;
  }
}
