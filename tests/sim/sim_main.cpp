// sim: runs seeds of the simulated world, or replays one with its whole trace.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <optional>

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

int run(std::uint64_t from, std::uint64_t count, bool keep_going) {
  const auto begin = std::chrono::steady_clock::now();
  Outcome all;
  std::uint64_t failed = 0;
  for (std::uint64_t seed = from; seed < from + count; ++seed) {
    const Outcome outcome = reporterd::sim::run_seed(seed);
    if (outcome.violation && keep_going) {
      ++failed;
      fmt::print("seed {}, step {}: {}\n", seed, outcome.steps, *outcome.violation);
    } else if (outcome.violation) {
      print_trace(outcome, last_lines);
      print_violation(seed, outcome);
      return 1;
    }
    all.steps += outcome.steps;
    all.crashes += outcome.crashes;
    all.promised += outcome.promised;
    all.stored += outcome.stored;
    all.requests += outcome.requests;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  fmt::print("{} seeds from {}: {} failed ({:.0f} seeds/s)\n", count, from, failed,
             static_cast<double>(count) / took.count());
  fmt::print("{} steps, {} crashes, {} messages acknowledged, {} at the server, {} requests\n",
             all.steps, all.crashes, all.promised, all.stored, all.requests);
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app("The real brain and store of reporterd in a simulated world.", "sim");
  std::uint64_t count = 300;
  std::uint64_t from = 1;
  bool keep_going = false;
  std::optional<std::uint64_t> seed;
  app.add_option("--seeds", count, "how many seeds to run");
  app.add_option("--from", from, "the first one");
  app.add_flag("--keep-going", keep_going, "one line for each violation instead of the first");
  app.add_option("--seed", seed, "replay this one and print its trace");
  CLI11_PARSE(app, argc, argv);
  return seed ? replay(*seed) : run(from, count, keep_going);
} catch (const std::exception& error) {
  std::fprintf(stderr, "sim: %s\n", error.what());
  return 1;
}
