#include "daemon/core/timestamp.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace reporterd {
namespace {

constexpr std::size_t most_fraction_digits = 6;

// 0001-01-01T00:00:00Z .. 9999-12-31T23:59:59.999999Z: what four digits can say.
constexpr WallTime earliest(Micros(-62'135'596'800'000'000));
constexpr WallTime latest(Micros(253'402'300'799'999'999));

// Reads from the front of a text; every step fails without moving.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }

  std::optional<char> one_of(std::string_view allowed) {
    if (rest_.empty() || allowed.find(rest_.front()) == std::string_view::npos) {
      return std::nullopt;
    }
    const char found = rest_.front();
    rest_.remove_prefix(1);
    return found;
  }

  // Exactly `digits` decimal digits.
  std::optional<int> number(std::size_t digits) {
    if (rest_.size() < digits) {
      return std::nullopt;
    }
    int value = 0;
    for (const char c : rest_.substr(0, digits)) {
      if (c < '0' || c > '9') {
        return std::nullopt;
      }
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }

 private:
  std::string_view rest_;
};

std::optional<std::chrono::sys_days> read_date(Reader& reader) {
  const auto year = reader.number(4);
  const bool dash1 = reader.one_of("-").has_value();
  const auto month = reader.number(2);
  const bool dash2 = reader.one_of("-").has_value();
  const auto day = reader.number(2);
  if (!year || !dash1 || !month || !dash2 || !day) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) {
    return std::nullopt;
  }
  return std::chrono::sys_days(date);
}

// "HH:MM", as in the time of day and in the offset.
std::optional<std::chrono::minutes> read_hours_and_minutes(Reader& reader) {
  const auto hours = reader.number(2);
  const bool colon = reader.one_of(":").has_value();
  const auto minutes = reader.number(2);
  if (!hours || !colon || !minutes || *hours > 23 || *minutes > 59) {
    return std::nullopt;
  }
  return std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
}

std::optional<Micros> read_fraction(Reader& reader) {
  if (!reader.one_of(".")) {
    return Micros(0);
  }
  int micros = 0;
  std::size_t digits = 0;
  for (; digits < most_fraction_digits; ++digits) {
    const auto digit = reader.number(1);
    if (!digit) {
      break;
    }
    micros = micros * 10 + *digit;
  }
  if (digits == 0) {
    return std::nullopt;
  }
  for (; digits < most_fraction_digits; ++digits) {
    micros *= 10;
  }
  return Micros(micros);
}

std::optional<Micros> read_time_of_day(Reader& reader) {
  const auto minutes = read_hours_and_minutes(reader);
  const bool colon = reader.one_of(":").has_value();
  const auto seconds = reader.number(2);
  if (!minutes || !colon || !seconds || *seconds > 59) {
    return std::nullopt;
  }
  const auto fraction = read_fraction(reader);
  if (!fraction) {
    return std::nullopt;
  }
  return *minutes + std::chrono::seconds(*seconds) + *fraction;
}

// How far local time is ahead of UTC.
std::optional<std::chrono::minutes> read_offset(Reader& reader) {
  const auto sign = reader.one_of("Zz+-");
  if (!sign) {
    return std::nullopt;
  }
  if (*sign == 'Z' || *sign == 'z') {
    return std::chrono::minutes(0);
  }
  const auto ahead = read_hours_and_minutes(reader);
  if (!ahead) {
    return std::nullopt;
  }
  return *sign == '+' ? *ahead : -*ahead;
}

std::optional<WallTime> read_date_time(std::string_view text) {
  Reader reader(text);
  const auto date = read_date(reader);
  if (!date || !reader.one_of("Tt")) {
    return std::nullopt;
  }
  const auto time_of_day = read_time_of_day(reader);
  if (!time_of_day) {
    return std::nullopt;
  }
  const auto offset = read_offset(reader);
  if (!offset || !reader.done()) {
    return std::nullopt;
  }
  const WallTime time(date->time_since_epoch() + *time_of_day - *offset);
  if (time < earliest || time > latest) {
    return std::nullopt;
  }
  return time;
}

void append_number(std::string& text, std::int64_t value, std::size_t digits) {
  const std::size_t start = text.size();
  text.resize(start + digits);
  for (std::size_t i = digits; i > 0; --i) {
    text[start + i - 1] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

}  // namespace

Result<WallTime> parse_ts(std::string_view text) {
  const auto time = read_date_time(text);
  if (!time) {
    return fail(ErrorCode::invalid,
                "not an RFC 3339 date-time with at most six fraction digits, like "
                "2021-03-03T11:13:55.862Z");
  }
  return *time;
}

std::string canonical_ts(WallTime time) {
  const Micros since_epoch = std::clamp(time, earliest, latest).time_since_epoch();
  const auto days = std::chrono::floor<std::chrono::days>(since_epoch);
  const std::chrono::year_month_day date{std::chrono::sys_days(days)};
  const std::chrono::hh_mm_ss<Micros> clock(since_epoch - days);
  const std::int64_t micros = clock.subseconds().count();

  std::string text;
  append_number(text, static_cast<int>(date.year()), 4);
  text += '-';
  append_number(text, static_cast<unsigned>(date.month()), 2);
  text += '-';
  append_number(text, static_cast<unsigned>(date.day()), 2);
  text += 'T';
  append_number(text, clock.hours().count(), 2);
  text += ':';
  append_number(text, clock.minutes().count(), 2);
  text += ':';
  append_number(text, clock.seconds().count(), 2);
  text += '.';
  if (micros % 1000 == 0) {
    append_number(text, micros / 1000, 3);
  } else {
    append_number(text, micros, 6);
  }
  text += 'Z';
  return text;
}

}  // namespace reporterd
