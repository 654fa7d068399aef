#include "daemon/core/flight_segment.h"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

namespace reporterd {
namespace {

constexpr std::string_view head_start = "reporterd flight 1 ";  // 1: the form of the lines

bool may_stand_in_a_line(char c) {
  return c == '\n' || (c >= ' ' && c <= '~');
}

}  // namespace

std::string flight_head(std::uint64_t serial) {
  return std::string(head_start) + std::to_string(serial) + "\n";
}

std::optional<FlightSegment> read_flight_segment(std::string_view bytes) {
  bytes = bytes.substr(0, bytes.find('\0'));
  const std::size_t head_end = bytes.find('\n');
  if (head_end == std::string_view::npos || !bytes.starts_with(head_start) ||
      !std::ranges::all_of(bytes, may_stand_in_a_line)) {
    return std::nullopt;
  }
  FlightSegment segment;
  segment.head = bytes.substr(0, head_end + 1);
  const char* const number = segment.head.data() + head_start.size();
  const char* const end = segment.head.data() + head_end;
  const auto [stop, error] = std::from_chars(number, end, segment.serial);
  if (error != std::errc{} || stop != end) {
    return std::nullopt;
  }
  segment.lines = bytes.substr(head_end + 1, bytes.rfind('\n') - head_end);
  return segment;
}

std::string flight_text(std::string_view one, std::string_view other) {
  FlightSegment older = read_flight_segment(one).value_or(FlightSegment{});
  FlightSegment newer = read_flight_segment(other).value_or(FlightSegment{});
  if (older.serial > newer.serial) {
    std::swap(older, newer);
  }
  return std::string(older.lines).append(newer.lines);
}

}  // namespace reporterd
