#include "daemon/io/clock_watch.h"

#include "daemon/io/system_time.h"

namespace reporterd {

ClockReading read_clocks() {
  return {wall_clock(), since_boot(), awake()};
}

ClockChange change_between(const ClockReading& before, const ClockReading& after) {
  const Micros elapsed = after.since_boot - before.since_boot;
  return {.wall_step = after.wall - before.wall - elapsed,
          .slept = elapsed - (after.awake - before.awake)};
}

}  // namespace reporterd
