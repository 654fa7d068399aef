#include <windows.h>

#include <fmt/format.h>
#include <winternl.h>

#include <ratio>

#include "daemon/io/system_clock.h"
#include "daemon/io/system_time.h"

namespace reporterd {
namespace {

using Ticks = std::chrono::duration<std::int64_t, std::ratio<1, 10'000'000>>;  // of 100 ns
constexpr Ticks unix_epoch(116'444'736'000'000'000);                           // since 1601

Micros micros(Ticks ticks) {
  return std::chrono::duration_cast<Micros>(ticks);
}

// SYSTEM_TIMEOFDAY_INFORMATION, of which mingw-w64 names the beginning only.
struct TimeOfDay {
  std::int64_t booted_at;  // by the wall clock as it is set now: a step moves it
  std::int64_t now;
  std::int64_t zone_bias;
  std::uint32_t zone;
  std::uint32_t reserved;
  std::int64_t booted_at_bias;  // the sum of all these moves
  std::int64_t slept;
};
static_assert(sizeof(TimeOfDay) == sizeof(SYSTEM_TIMEOFDAY_INFORMATION));

}  // namespace

Micros wall_clock() {
  FILETIME time{};
  GetSystemTimePreciseAsFileTime(&time);
  const auto high = static_cast<std::int64_t>(time.dwHighDateTime);
  return micros(Ticks((high << 32) + time.dwLowDateTime) - unix_epoch);
}

// Moves in steps of some 16 ms; the finer clock with the time slept (QueryInterruptTimePrecise) is
// one that wine lacks.
Micros since_boot() {
  return std::chrono::milliseconds(GetTickCount64());
}

Micros awake() {
  ULONGLONG ticks = 0;
  QueryUnbiasedInterruptTime(&ticks);
  return micros(Ticks(ticks));
}

// What the wall clock showed at the start of the machine, before anybody set it: it stays the same
// until the next start, and no two starts have it in common.
std::string this_boot_id() {
  TimeOfDay times{};
  if (NtQuerySystemInformation(SystemTimeOfDayInformation, &times, sizeof times, nullptr) != 0) {
    return "";
  }
  return fmt::format("{:016x}", times.booted_at - times.booted_at_bias);
}

}  // namespace reporterd
