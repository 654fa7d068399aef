#include "daemon/io/system_clock.h"

#include <algorithm>

#include "daemon/io/system_time.h"

namespace reporterd {
namespace {

Millis ms_since_boot() {
  return std::chrono::duration_cast<Millis>(since_boot());
}

}  // namespace

SystemClock::SystemClock(const ClockMark& stored, const std::string& boot_id) {
  const Millis now = ms_since_boot();
  Millis observed(stored.observed_ms);
  if (!boot_id.empty() && boot_id == stored.boot_id) {
    observed += std::max(now - Millis(stored.since_boot_ms), Millis(0));
  }
  ahead_ = observed - now;
  boot_id.copy(start_.boot_id, sizeof start_.boot_id - 1);
}

Now SystemClock::now() const {
  return {Instant(ms_since_boot() + ahead_), WallTime(wall_clock())};
}

ClockMark SystemClock::mark() const {
  const Millis now = ms_since_boot();
  ClockMark mark = start_;
  mark.observed_ms = (now + ahead_).count();
  mark.since_boot_ms = now.count();
  return mark;
}

}  // namespace reporterd
