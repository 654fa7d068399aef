#pragma once
// Notices that somebody set the wall clock, or that the machine slept. No periodic wake-ups.

#include <functional>
#include <memory>

#include "daemon/core/time.h"
#include "daemon/io/loop.h"

namespace reporterd {

// The clocks of the machine at one moment.
struct ClockReading {
  Micros wall;
  Micros since_boot;  // with the time slept
  Micros awake;       // without it
};

struct ClockChange {
  Micros wall_step{};  // what was added to the wall clock; negative: it was set back
  Micros slept{};      // how long the machine slept
};

ClockReading read_clocks();
ClockChange change_between(const ClockReading& before, const ClockReading& after);

class ClockWatch {
 public:
  // `on_change` is called after each resume, however small the change, and, where the system tells
  // of it (Linux), after each setting of the wall clock.
  ClockWatch(Loop& loop, std::function<void(ClockChange)> on_change);
  ~ClockWatch();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reporterd
