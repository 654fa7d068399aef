#pragma once
// How the two files of the flight recorder look: a head with a serial number (the higher is the
// newer one), whole lines, and a NUL byte. What stands behind that is older and means nothing.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reporterd {

// In the state folder.
inline constexpr std::array<std::string_view, 2> flight_file_names = {"flight-0.log",
                                                                      "flight-1.log"};

struct FlightSegment {
  std::uint64_t serial = 0;
  std::string_view head;   // with its line end
  std::string_view lines;  // with theirs; what is no whole line is left out
};

std::string flight_head(std::uint64_t serial);
// Absent when it is no segment, or damaged.
std::optional<FlightSegment> read_flight_segment(std::string_view bytes);
// The lines of both, the older ones first.
std::string flight_text(std::string_view one, std::string_view other);

}  // namespace reporterd
