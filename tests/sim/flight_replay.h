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
  std::optional<std::string> difference;  // where it went another way: "line 12: ..."
};

// `text`: a support bundle, a ring file, or the lines alone. `tell` gets each line, and after it
// what the Reporter decided.
Replayed replay(std::string_view text, const std::function<void(std::string_view)>& tell);

}  // namespace reporterd::sim
