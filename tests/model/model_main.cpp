// model: goes through all that may happen to a few messages, and through all losses of power in a
// scenario of reference. The short run is part of every test run; --full takes minutes.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "tests/model/disk_crashes.h"
#include "tests/model/model_search.h"

namespace {

using namespace reporterd::model;  // NOLINT(google-build-using-namespace): the program is its front

constexpr std::size_t no_limit = std::numeric_limits<std::uint32_t>::max();

struct Task {
  Scope scope;
  std::size_t most_states = no_limit;
};

std::vector<Task> short_tasks() {
  return {
      {{.messages = 3}},
      {{.messages = 2, .troubles = 1, .crashes = 1}, 1500},
      {{.messages = 2, .crashes = 1, .failed_commits = 1}, 1500},
      {{.messages = 2, .acts = 1}},
      {{.messages = 1, .failed_commits = 1, .acts = 2}, 1500},
      {{.messages = 1, .troubles = 1, .acts = 2}, 1000},
      {{.messages = 1, .repeats = 1, .troubles = 1, .crashes = 1, .failed_commits = 1}, 1000},
      {{.messages = 1, .troubles = 1, .crashes = 1, .oversleeps = 1, .expires = true}, 1000},
      {{.messages = 2, .troubles = 1, .oversleeps = 1, .expires = true}, 2000},
  };
}

std::vector<Task> full_tasks() {
  return {
      {{.messages = 3, .troubles = 3}},
      {{.messages = 3, .acts = 2}},
      {{.messages = 3, .troubles = 1, .crashes = 1}},
      {{.messages = 3, .crashes = 1, .failed_commits = 1}},
      {{.messages = 2, .repeats = 1, .crashes = 2, .failed_commits = 1}},
      {{.messages = 2, .troubles = 2, .acts = 1}},
      {{.messages = 2, .crashes = 1, .acts = 2}},
      {{.messages = 2, .troubles = 1, .crashes = 1, .oversleeps = 1, .expires = true}},
      {{.messages = 1, .troubles = 1, .crashes = 1, .failed_commits = 1, .acts = 1}},
      {{.messages = 1, .failed_commits = 2, .acts = 2}},
      {{.messages = 3,
        .repeats = 1,
        .troubles = 2,
        .crashes = 1,
        .failed_commits = 1,
        .acts = 2,
        .oversleeps = 1,
        .expires = true},
       1'000'000},
  };
}

std::string scope_text(const Scope& scope) {
  std::string text = fmt::format("{} message{}", scope.messages, scope.messages == 1 ? "" : "s");
  const auto add = [&text](int count, const char* one, const char* more) {
    if (count > 0) {
      text += fmt::format(", {} {}", count, count == 1 ? one : more);
    }
  };
  add(scope.repeats, "repeat", "repeats");
  add(scope.troubles, "bad reply", "bad replies");
  add(scope.crashes, "crash", "crashes");
  add(scope.failed_commits, "failed commit", "failed commits");
  add(scope.acts, "act", "acts");
  add(scope.oversleeps, "oversleep", "oversleeps");
  return text + (scope.expires ? ", they expire" : "");
}

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

bool run(const Task& task, unsigned jobs, Found& all) {
  const Stopwatch watch;
  const Found found = search(task.scope, task.most_states, jobs);
  fmt::print("{}: {} states, {} transitions; {} {} steps ({:.1f} s)\n", scope_text(task.scope),
             found.states, found.transitions,
             found.complete ? "there are no others, the farthest after" : "all within", found.depth,
             watch.seconds());
  std::fflush(stdout);
  all.states += found.states;
  all.transitions += found.transitions;
  if (!found.violation) {
    return true;
  }
  fmt::print("VIOLATION: {}\nafter the shortest path to it:\n", *found.violation);
  for (const Step step : found.path) {
    fmt::print("  {}\n", text_of(step));
  }
  if (found.in_drain) {
    fmt::print("  and then all goes well\n");
  }
  return false;
}

bool run(const DiskBounds& bounds) {
  const Stopwatch watch;
  const DiskFindings found = crash_everywhere(bounds);
  fmt::print(
      "power lost before each of {} calls of {} transactions, sectors of {}: {} sets of lost "
      "writes (all sets of sectors at {} calls, all of writes at {}, a choice at {}), {} "
      "different disks, {} more crashes at the start after it ({:.1f} s)\n",
      found.boundaries, found.transactions, bounds.sector, found.sets, found.all_sectors,
      found.all_writes, found.chosen, found.images, found.again, watch.seconds());
  if (found.violation) {
    fmt::print("VIOLATION: {}\n", *found.violation);
  }
  std::fflush(stdout);
  return !found.violation;
}

int run_all(bool full, unsigned jobs) {
  const Stopwatch watch;
  Found all;
  for (const Task& task : full ? full_tasks() : short_tasks()) {
    if (!run(task, jobs, all)) {
      return 1;
    }
  }
  std::vector<DiskBounds> disks = {{.sector = 4096, .all_sets_of = 3, .tears = false}};
  if (full) {
    disks = {{.sector = 512, .all_sets_of = 10, .crash_again = true},
             {.sector = 4096, .all_sets_of = 10, .crash_again = true}};
  }
  if (!std::ranges::all_of(disks, [](const DiskBounds& bounds) { return run(bounds); })) {
    return 1;
  }
  fmt::print("{} states, {} transitions, each state drained: no violation ({:.0f} s)\n", all.states,
             all.transitions, watch.seconds());
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app("All that may happen to a few messages, and all losses of power.", "model");
  bool full = false;
  unsigned jobs = std::max(std::thread::hardware_concurrency(), 1U);
  app.add_flag("--full", full, "minutes instead of seconds");
  app.add_option("--jobs", jobs, "threads");
  CLI11_PARSE(app, argc, argv);
  return run_all(full, jobs);
} catch (const std::exception& error) {
  std::fprintf(stderr, "model: %s\n", error.what());
  return 1;
}
