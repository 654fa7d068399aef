// What ./dev replay is given: a support bundle or a ring file that came from anywhere.

#include <algorithm>
#include <string>

#include "tests/fuzz/targets.h"
#include "tests/sim/flight_replay.h"

namespace reporterd::fuzz {
namespace {

void require_printable(std::string_view text) {
  require(std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; }),
          "a text is not printable ASCII on one line");
}

}  // namespace

void flight(std::string_view input) {
  std::size_t told = 0;
  const auto replayed = sim::replay(input, [&told](std::string_view line) {
    require_printable(line);
    ++told;
  });
  require(replayed.steps + replayed.states <= told, "a step was not told");
  if (replayed.difference) {
    require_printable(*replayed.difference);
    require(replayed.difference->starts_with("line "), "a difference does not say where",
            *replayed.difference);
  }
  std::size_t told_again = 0;
  const auto again = sim::replay(input, [&told_again](std::string_view) { ++told_again; });
  require(again.steps == replayed.steps && again.difference == replayed.difference &&
              told_again == told,
          "the same record is replayed in another way");
}

}  // namespace reporterd::fuzz
