#pragma once
// The two kinds of time, as types that cannot be mixed.
//
// Instant: observed time in ms. It advances with CLOCK_BOOTTIME (through sleep, never back, deaf to
// wall-clock steps) and goes on where it stopped after a restart or a reboot: the outbox keeps the
// last reading with every commit. All schedules, ages and waits are in Instants, so a wrong wall
// clock can neither stretch nor cut them, and all of them survive a restart as plain numbers.
// WallTime: what the calendar says, in microseconds since 1970 UTC. For `ts` and for people only.

#include <chrono>
#include <cstdint>
#include <optional>

namespace reporterd {

using Millis = std::chrono::milliseconds;
using Micros = std::chrono::microseconds;

struct ObservedClock {
  using rep = std::int64_t;
  using period = std::milli;
  using duration = Millis;
  using time_point = std::chrono::time_point<ObservedClock, Millis>;
  static constexpr bool is_steady = true;
};

struct CalendarClock {
  using rep = std::int64_t;
  using period = std::micro;
  using duration = Micros;
  using time_point = std::chrono::time_point<CalendarClock, Micros>;
  static constexpr bool is_steady = false;
};

using Instant = ObservedClock::time_point;
using WallTime = CalendarClock::time_point;

struct Now {
  Instant observed;
  WallTime wall;
};

// Where observed time stood, and on which boot: written with every commit, read at start.
struct ClockMark {
  std::int64_t observed_ms = 0;
  std::int64_t since_boot_ms = 0;  // CLOCK_BOOTTIME at that moment
  char boot_id[37] = {};           // /proc/sys/kernel/random/boot_id, NUL-terminated; "" if unknown
};

inline Instant instant_at(std::int64_t ms) {
  return Instant(Millis(ms));
}
inline std::int64_t to_ms(Instant t) {
  return t.time_since_epoch().count();
}
inline WallTime wall_at(std::int64_t us) {
  return WallTime(Micros(us));
}
inline std::int64_t to_us(WallTime t) {
  return t.time_since_epoch().count();
}

inline void keep_earlier(std::optional<Instant>& at, std::optional<Instant> other) {
  if (other && (!at || *other < *at)) {
    at = other;
  }
}

}  // namespace reporterd
