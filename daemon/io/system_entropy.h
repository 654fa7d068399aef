#pragma once
// Randomness from the operating system behind the Entropy port. Nothing is seeded and nothing
// remembered: it is drawn from a few times an hour.

#include "daemon/core/entropy.h"

namespace reporterd {

class SystemEntropy final : public Entropy {
 public:
  std::uint64_t next() override;
};

}  // namespace reporterd
