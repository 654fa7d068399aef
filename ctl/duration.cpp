#include "ctl/duration.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <utility>

namespace reporterd::ctl {
namespace {

constexpr std::int64_t second = 1000;
constexpr std::int64_t minute = 60 * second;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t day = 24 * hour;

constexpr std::array<std::pair<std::string_view, std::int64_t>, 6> units = {
    {{"", second}, {"ms", 1}, {"s", second}, {"m", minute}, {"h", hour}, {"d", day}}};

}  // namespace

std::optional<Millis> parse_duration(std::string_view text, Millis longest) {
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc()) {
    return std::nullopt;
  }
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const auto& [name, ms] : units) {
    if (name == unit) {
      const double length = std::round(number * static_cast<double>(ms));
      if (std::isnan(length) || length < 1 || length > static_cast<double>(longest.count())) {
        return std::nullopt;
      }
      return Millis(static_cast<std::int64_t>(length));
    }
  }
  return std::nullopt;
}

std::string spoken(Millis length) {
  const std::int64_t ms = length.count();
  if (ms < second) {
    return fmt::format("{} ms", ms);
  }
  if (ms < minute) {
    return fmt::format("{} s", ms / second);
  }
  if (ms < hour) {
    return fmt::format("{} min {} s", ms / minute, ms % minute / second);
  }
  if (ms < day) {
    return fmt::format("{} h {} min", ms / hour, ms % hour / minute);
  }
  return fmt::format("{} d {} h", ms / day, ms % day / hour);
}

}  // namespace reporterd::ctl
