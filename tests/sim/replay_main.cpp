// replay: runs what reporterd's flight recorder kept (a support bundle, or a ring file) again, and
// shows each step with what was decided.
#include <fmt/core.h>

#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "tests/sim/flight_replay.h"

int main(int argc, char** argv) try {
  if (argc != 2) {
    std::fprintf(stderr, "usage: replay FILE\n");
    return 2;
  }
  std::ifstream file(argv[1], std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) {
    std::fprintf(stderr, "replay: cannot read %s\n", argv[1]);
    return 2;
  }
  const auto replayed =
      reporterd::sim::replay(text, [](std::string_view line) { fmt::print("{}\n", line); });
  if (replayed.difference) {
    fmt::print("after {} steps it went another way: {}\n", replayed.steps, *replayed.difference);
    return 1;
  }
  if (replayed.steps == 0) {
    std::fprintf(stderr, "replay: there is no flight record in %s\n", argv[1]);
    return 2;
  }
  fmt::print("{} steps, same decisions\n", replayed.steps);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "replay: %s\n", error.what());
  return 2;
}
