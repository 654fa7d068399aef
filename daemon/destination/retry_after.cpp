#include "daemon/destination/retry_after.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <system_error>
#include <vector>

#include "daemon/core/letters.h"

namespace reporterd {
namespace {

constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> weekdays = {"Sun", "Mon", "Tue", "Wed",
                                                      "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> long_weekdays = {
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

constexpr std::chrono::seconds longest_wait = std::chrono::years(100);  // safe to add to any time

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<int> number(std::string_view text, std::size_t digits) {
  if (text.size() != digits || !all_digits(text)) {
    return std::nullopt;
  }
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(separators), text.size());
    if (end > 0) {
      words.push_back(text.substr(0, end));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

struct DateParts {
  std::optional<int> year;
  std::string_view month;
  std::optional<int> day;
  std::string_view time;  // "08:49:37"
};

std::optional<WallTime> moment(const DateParts& parts) {
  const auto month = std::ranges::find(months, parts.month);
  const std::string_view time = parts.time;
  if (!parts.year || !parts.day || month == months.end() || time.size() != 8 || time[2] != ':' ||
      time[5] != ':') {
    return std::nullopt;
  }
  const std::chrono::year_month_day date(
      std::chrono::year(*parts.year),
      std::chrono::month(static_cast<unsigned>(month - months.begin() + 1)),
      std::chrono::day(static_cast<unsigned>(*parts.day)));
  const auto hours = number(time.substr(0, 2), 2);
  const auto minutes = number(time.substr(3, 2), 2);
  const auto seconds = number(time.substr(6, 2), 2);  // 60: a leap second
  if (!date.ok() || !hours || !minutes || !seconds || *hours > 23 || *minutes > 59 ||
      *seconds > 60) {
    return std::nullopt;
  }
  return WallTime(std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(*hours) +
                  std::chrono::minutes(*minutes) + std::chrono::seconds(*seconds));
}

// Of the year that ends in the two digits: the latest that is not over 50 years after `now`.
std::optional<int> full_year(std::optional<int> two_digits, WallTime now) {
  if (!two_digits) {
    return std::nullopt;
  }
  const auto today = std::chrono::floor<std::chrono::days>(now.time_since_epoch());
  const int this_year =
      static_cast<int>(std::chrono::year_month_day(std::chrono::sys_days(today)).year());
  int year = this_year - this_year % 100 + 100 + *two_digits;
  while (year > this_year + 50) {
    year -= 100;
  }
  return year;
}

bool is_weekday(std::string_view word) {
  return std::ranges::count(weekdays, word) > 0;
}

bool is_long_weekday(std::string_view word) {
  return std::ranges::count(long_weekdays, word) > 0;
}

}  // namespace

std::optional<WallTime> parse_http_date(std::string_view text, WallTime now) {
  const std::vector<std::string_view> words = split(text, " ");
  if (words.size() == 6 && words[0].size() == 4 && words[0].ends_with(',') &&
      is_weekday(words[0].substr(0, 3)) && words[5] == "GMT") {
    return moment({number(words[3], 4), words[2], number(words[1], 2), words[4]});
  }
  if (words.size() == 4 && words[0].ends_with(',') &&
      is_long_weekday(words[0].substr(0, words[0].size() - 1)) && words[3] == "GMT") {
    const std::vector<std::string_view> date = split(words[1], "-");
    if (date.size() != 3) {
      return std::nullopt;
    }
    return moment({full_year(number(date[2], 2), now), date[1], number(date[0], 2), words[2]});
  }
  if (words.size() == 5 && is_weekday(words[0])) {
    return moment(
        {number(words[4], 4), words[1], number(words[2], words[2].size() == 1 ? 1 : 2), words[3]});
  }
  return std::nullopt;
}

std::optional<Millis> parse_retry_after(std::string_view text,
                                        std::optional<std::string_view> server_date, WallTime now) {
  text = trimmed(text, " \t");
  if (all_digits(text)) {
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    const bool absurd = error != std::errc() || std::chrono::seconds(seconds) > longest_wait;
    return absurd ? longest_wait : std::chrono::seconds(seconds);
  }
  const auto date = parse_http_date(text, now);
  if (!date) {
    return std::nullopt;
  }
  const auto sent = server_date ? parse_http_date(trimmed(*server_date, " \t"), now) : std::nullopt;
  return std::max(std::chrono::floor<Millis>(*date - sent.value_or(now)), Millis(0));
}

}  // namespace reporterd
