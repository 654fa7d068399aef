#include <cstdlib>
#include <ctime>
#include <fstream>

#include "daemon/io/system_clock.h"
#include "daemon/io/system_time.h"

namespace reporterd {
namespace {

Micros read_clock(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return std::chrono::duration_cast<Micros>(std::chrono::seconds(time.tv_sec) +
                                            std::chrono::nanoseconds(time.tv_nsec));
}

}  // namespace

Micros wall_clock() {
  return read_clock(CLOCK_REALTIME);
}

Micros since_boot() {
  return read_clock(CLOCK_BOOTTIME);
}

Micros awake() {
  return read_clock(CLOCK_MONOTONIC);
}

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

}  // namespace reporterd
