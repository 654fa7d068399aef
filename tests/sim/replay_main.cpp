// replay: runs what reporterd's flight recorder kept (a support bundle, or a ring file) again, and
// shows each step with what was decided.
#include <fmt/core.h>

#include <cstdio>
#include <exception>
#include <fstream>
#include <string>
#include <string_view>

#include "tests/sim/flight_replay.h"

namespace {

constexpr std::size_t most_bytes = std::size_t{64} << 20;  // a support bundle has a few MiB

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) {
    std::fprintf(stderr, "usage: replay FILE\n");
    return 2;
  }
  std::ifstream file(argv[1], std::ios::binary);
  std::string text(most_bytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad() || (text.empty() && !file.eof())) {
    std::fprintf(stderr, "replay: cannot read %s\n", argv[1]);
    return 2;
  }
  if (text.size() > most_bytes) {
    std::fprintf(stderr, "replay: %s is larger than any flight record\n", argv[1]);
    return 2;
  }
  const auto replayed =
      reporterd::sim::replay(text, [](std::string_view line) { fmt::print("{}\n", line); });
  if (replayed.difference) {
    fmt::print("after {} steps it goes another way: {}\n", replayed.steps, *replayed.difference);
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
