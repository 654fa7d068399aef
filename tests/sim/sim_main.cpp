// sim: runs seeds of the simulated world, or replays one with its whole trace.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "tests/sim/sim_world.h"

namespace {

using reporterd::sim::Outcome;

constexpr std::size_t last_lines = 40;

void print_trace(const Outcome& outcome, std::size_t lines) {
  const std::size_t count = outcome.trace.size();
  for (std::size_t i = count - std::min(count, lines); i < count; ++i) {
    fmt::print("{}\n", outcome.trace[i]);
  }
}

void print_violation(std::uint64_t seed, const Outcome& outcome) {
  fmt::print("VIOLATION in seed {}, step {}: {}\n", seed, outcome.steps, *outcome.violation);
  fmt::print("replay with: ./dev sim --seed {}\n", seed);
}

int replay(std::uint64_t seed) {
  const Outcome outcome = reporterd::sim::run_seed(seed);
  print_trace(outcome, outcome.trace.size());
  fmt::print("{} steps, {} crashes, {} messages acknowledged, {} at the server, {} requests\n",
             outcome.steps, outcome.crashes, outcome.promised, outcome.stored, outcome.requests);
  if (outcome.violation) {
    print_violation(seed, outcome);
    return 1;
  }
  return 0;
}

// Takes in outcomes in any order and tells them in the order of their seeds.
class Results {
 public:
  Results(std::uint64_t from, bool keep_going) : next_(from), keep_going_(keep_going) {}

  void add(std::uint64_t seed, Outcome outcome) {
    const std::lock_guard lock(mutex_);
    waiting_.emplace(seed, std::move(outcome));
    while (!waiting_.empty() && waiting_.begin()->first == next_ && !is_over_) {
      take(waiting_.extract(waiting_.begin()).mapped());
      ++next_;
    }
  }
  bool is_over() const { return is_over_; }  // a violation was shown, and it was to be the last
  std::uint64_t failed() const { return failed_; }
  const Outcome& all() const { return all_; }

 private:
  void take(const Outcome& outcome) {
    if (outcome.violation) {
      ++failed_;
      if (keep_going_) {
        fmt::print("seed {}, step {}: {}\n", next_, outcome.steps, *outcome.violation);
      } else {
        print_trace(outcome, last_lines);
        print_violation(next_, outcome);
        is_over_ = true;
      }
    }
    all_.steps += outcome.steps;
    all_.crashes += outcome.crashes;
    all_.promised += outcome.promised;
    all_.stored += outcome.stored;
    all_.requests += outcome.requests;
  }

  std::mutex mutex_;
  std::map<std::uint64_t, Outcome> waiting_;
  std::uint64_t next_;
  bool keep_going_;
  std::atomic<bool> is_over_ = false;
  std::uint64_t failed_ = 0;
  Outcome all_;
};

// Each seed lives on one thread and shares nothing with the others.
int run(std::uint64_t from, std::uint64_t count, unsigned jobs, bool keep_going) {
  const auto begin = std::chrono::steady_clock::now();
  Results results(from, keep_going);
  std::atomic<std::uint64_t> next = from;
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < std::max(jobs, 1U); ++i) {
      threads.emplace_back([&] {
        for (std::uint64_t seed = next++; seed < from + count && !results.is_over();
             seed = next++) {
          results.add(seed, reporterd::sim::run_seed(seed));
        }
      });
    }
  }
  if (results.is_over()) {
    return 1;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const Outcome& all = results.all();
  fmt::print("{} seeds from {}: {} failed ({:.0f} seeds/s)\n", count, from, results.failed(),
             static_cast<double>(count) / took.count());
  fmt::print("{} steps, {} crashes, {} messages acknowledged, {} at the server, {} requests\n",
             all.steps, all.crashes, all.promised, all.stored, all.requests);
  return results.failed() == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app("The real brain and store of reporterd in a simulated world.", "sim");
  std::uint64_t count = 300;
  std::uint64_t from = 1;
  unsigned jobs = std::thread::hardware_concurrency();
  bool keep_going = false;
  std::optional<std::uint64_t> seed;
  app.add_option("--seeds", count, "how many seeds to run");
  app.add_option("--from", from, "the first one");
  app.add_option("--jobs", jobs, "how many at once");
  app.add_flag("--keep-going", keep_going, "one line for each violation instead of the first");
  app.add_option("--seed", seed, "replay this one and print its trace");
  CLI11_PARSE(app, argc, argv);
  return seed ? replay(*seed) : run(from, count, jobs, keep_going);
} catch (const std::exception& error) {
  std::fprintf(stderr, "sim: %s\n", error.what());
  return 1;
}
