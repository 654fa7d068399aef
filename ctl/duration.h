#pragma once
// Lengths of time as people write and read them.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/core/time.h"

namespace reporterd::ctl {

constexpr Millis hundred_years = std::chrono::hours(36'525 * 24);

// "250ms", "30s", "5m", "12h", "90d" or a plain number of seconds ("2.5"). nullopt: none of these,
// not above 0, or above `longest`.
std::optional<Millis> parse_duration(std::string_view text, Millis longest = hundred_years);

// "850 ms", "42 s", "3 min 5 s", "2 h 10 min", "12 d 4 h": the two largest units.
std::string spoken(Millis length);

}  // namespace reporterd::ctl
