#pragma once
// Port: randomness. One draw is one 64-bit number, so that a simulation replays from its seed.

#include <cstdint>

#include "daemon/core/time.h"

namespace reporterd {

class Entropy {
 public:
  virtual ~Entropy() = default;
  virtual std::uint64_t next() = 0;
};

// A duration drawn evenly from [0, most]; 0 when most <= 0. Not std::uniform_int_distribution: its
// results differ between standard libraries. The modulo bias (< 2^-30 for waits of days) is
// harmless.
inline Millis draw_up_to(Entropy& entropy, Millis most) {
  if (most.count() <= 0) {
    return Millis(0);
  }
  const auto range = static_cast<std::uint64_t>(most.count()) + 1;
  return Millis(static_cast<std::int64_t>(entropy.next() % range));
}

}  // namespace reporterd
