#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fstream>

#include "daemon/io/system_clock.h"

namespace reporterd {
namespace {

template <class Unit>
Unit read_clock(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return std::chrono::duration_cast<Unit>(std::chrono::seconds(time.tv_sec) +
                                          std::chrono::nanoseconds(time.tv_nsec));
}

}  // namespace

std::string this_boot_id() {
  std::string id;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
  // A confined service does not see that file, and gets it as a credential.
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the daemon never changes this of its environment
  const char* const folder = id.empty() ? std::getenv("CREDENTIALS_DIRECTORY") : nullptr;
  if (folder != nullptr) {
    std::ifstream(std::string(folder) + "/boot_id") >> id;
  }
  return id == "unavailable" ? "" : id;
}

SystemClock::SystemClock(const ClockMark& stored, const std::string& boot_id) {
  const Millis now = read_clock<Millis>(CLOCK_BOOTTIME);
  Millis observed(stored.observed_ms);
  if (!boot_id.empty() && boot_id == stored.boot_id) {
    observed += std::max(now - Millis(stored.since_boot_ms), Millis(0));
  }
  ahead_ = observed - now;
  boot_id.copy(start_.boot_id, sizeof start_.boot_id - 1);
}

Now SystemClock::now() const {
  return {Instant(read_clock<Millis>(CLOCK_BOOTTIME) + ahead_),
          WallTime(read_clock<Micros>(CLOCK_REALTIME))};
}

ClockMark SystemClock::mark() const {
  const Millis now = read_clock<Millis>(CLOCK_BOOTTIME);
  ClockMark mark = start_;
  mark.observed_ms = (now + ahead_).count();
  mark.since_boot_ms = now.count();
  return mark;
}

}  // namespace reporterd
