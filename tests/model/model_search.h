#pragma once
// Goes through all states of a scope that can be reached, breadth first, so that the first
// violation that is found has the shortest path. A state is told by its fingerprint and made again
// by its path: the Engine cannot be copied, but it is deterministic.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "tests/model/model_world.h"

namespace reporterd::model {

struct Found {
  std::size_t states = 0;  // different ones, each of them drained, too
  std::size_t transitions = 0;
  std::size_t depth = 0;  // of the longest of the shortest paths
  bool complete = false;  // there are no others
  std::optional<std::string> violation;
  std::vector<Step> path;  // to the violation
  bool in_drain = false;   // it was met when all went well afterwards
};

// Ends early when there are more than `most_states`.
Found search(const Scope& scope, std::size_t most_states, unsigned jobs);

}  // namespace reporterd::model
