#pragma once
// Runs the steps of a flight record again: the same Reporter, told the same, drawing the same.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace reporterd::sim {

struct Replayed {
  std::size_t steps = 0;
  std::size_t states = 0;                 // that a step before led to, and were compared
  std::optional<std::string> difference;  // where it goes another way: "line 12: ..."
};

// `text`: a support bundle, a ring file, or the lines alone; it may be anything, and where it is no
// record is told as a difference. `tell` gets each line, and after it what the Reporter decided;
// all of it is one line of printable ASCII, and so is the difference.
Replayed replay(std::string_view text, const std::function<void(std::string_view)>& tell);

}  // namespace reporterd::sim
