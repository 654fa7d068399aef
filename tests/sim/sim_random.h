#pragma once
// The only source of chance in the simulated world: one 64-bit seed decides everything.

#include <cstdint>

#include "daemon/core/entropy.h"

namespace reporterd::sim {

// splitmix64: tiny, good enough, the same everywhere.
class Random final : public Entropy {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() override {
    std::uint64_t z = (state_ += 0x9E37'79B9'7F4A'7C15U);
    z = (z ^ (z >> 30U)) * 0xBF58'476D'1CE4'E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D0'49BB'1331'11EBU;
    return z ^ (z >> 31U);
  }

  // 0 .. count-1
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(next() % count); }
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(most - least + 1));
  }
  Millis between(Millis least, Millis most) { return Millis(between(least.count(), most.count())); }
  bool percent(int chance) { return static_cast<int>(below(100)) < chance; }
  template <class T, std::size_t count>
  T one_of(const T (&values)[count]) {
    return values[below(count)];
  }

 private:
  std::uint64_t state_;
};

}  // namespace reporterd::sim
