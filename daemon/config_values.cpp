#include "daemon/config_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "daemon/config_credential.h"
#include "daemon/core/message_rules.h"
#include "daemon/path.h"

namespace reporterd {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// Largest first: a value is written in the largest unit that divides it.
constexpr std::array<Unit, 5> duration_units = {
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::array<Unit, 4> size_units = {
    {{"GiB", 1U << 30}, {"MiB", 1U << 20}, {"KiB", 1U << 10}, {"", 1}}};

constexpr std::string_view credential_mark = "credential:";

// Digits and a unit, nothing else; nothing when it is no such thing or does not fit.
template <std::size_t n>
std::optional<std::uint64_t> number_with_unit(std::string_view text,
                                              const std::array<Unit, n>& units) {
  std::uint64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) {
    return std::nullopt;
  }
  const std::string_view unit = text.substr(static_cast<std::size_t>(rest - text.data()));
  for (const Unit& candidate : units) {
    if (candidate.name == unit) {
      std::uint64_t product = 0;
      return __builtin_mul_overflow(number, candidate.factor, &product) ? std::nullopt
                                                                        : std::optional(product);
    }
  }
  return std::nullopt;
}

template <std::size_t n>
std::string with_unit(std::uint64_t value, const std::array<Unit, n>& units) {
  for (const Unit& unit : units) {
    if (value != 0 && value % unit.factor == 0) {
      return fmt::format("{}{}", value / unit.factor, unit.name);
    }
  }
  return "0";
}

std::string show(const GivenValue& given) {
  constexpr std::size_t most = 40;
  const std::string text(beginning(given.text, most));
  return in_quotes(text.size() == given.text.size() ? text : text + "...");
}

}  // namespace

Reading<bool> SwitchKind::read(const GivenValue& given) const {
  const bool yes = given.text == "true" || given.text == "True" || given.text == "TRUE";
  const bool no = given.text == "false" || given.text == "False" || given.text == "FALSE";
  if (!yes && !no) {
    return std::unexpected(show(given) + " is not a switch");
  }
  if (given.quoted) {
    return std::unexpected(show(given) + " in quotes is text, not a switch");
  }
  return yes;
}
std::string SwitchKind::write(bool value) const {
  return value ? "true" : "false";
}
std::string SwitchKind::allowed() const {
  return "true or false, without quotes";
}

Reading<std::uint64_t> CountKind::read(const GivenValue& given) const {
  constexpr std::array<Unit, 1> plain = {{{"", 1}}};
  const auto number = number_with_unit(given.text, plain);
  if (!number) {
    return std::unexpected(show(given) + " is not a whole number");
  }
  if (given.quoted) {
    return std::unexpected(show(given) + " in quotes is text, not a number");
  }
  if (*number < least || *number > most) {
    return std::unexpected(fmt::format("{} is out of range", *number));
  }
  return *number;
}
std::string CountKind::write(std::uint64_t value) const {
  return fmt::to_string(value);
}
std::string CountKind::allowed() const {
  return fmt::format("a whole number from {} to {}", least, most);
}

Reading<std::uint64_t> SizeKind::read(const GivenValue& given) const {
  const auto bytes = number_with_unit(given.text, size_units);
  if (!bytes) {
    return std::unexpected(show(given) + " is not a size");
  }
  if (*bytes < least || *bytes > most) {
    return std::unexpected(show(given) + " is out of range");
  }
  return *bytes;
}
std::string SizeKind::write(std::uint64_t value) const {
  return with_unit(value, size_units);
}
std::string SizeKind::allowed() const {
  return fmt::format("{} to {}, as bytes or with KiB, MiB, GiB", write(least), write(most));
}

Reading<Millis> DurationKind::read(const GivenValue& given) const {
  const auto ms = number_with_unit(given.text, duration_units);
  if (!ms) {
    return std::unexpected(show(given) + " is not a duration");
  }
  if (*ms < static_cast<std::uint64_t>(least.count()) ||
      *ms > static_cast<std::uint64_t>(most.count())) {
    return std::unexpected(show(given) + " is out of range");
  }
  return Millis(static_cast<std::int64_t>(*ms));
}
std::string DurationKind::write(Millis value) const {
  return value.count() <= 0 ? "0s"
                            : with_unit(static_cast<std::uint64_t>(value.count()), duration_units);
}
std::string DurationKind::allowed() const {
  return fmt::format("{} to {}, with the unit ms, s, m, h or d", write(least), write(most));
}

Reading<std::string> TextKind::read(const GivenValue& given) const {
  if (std::any_of(given.text.begin(), given.text.end(),
                  [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; })) {
    return std::unexpected("holds a line end or another control character");
  }
  if (auto wrong = problem(given.text)) {
    return std::unexpected(std::move(*wrong));
  }
  return given.text;
}
std::string TextKind::write(const std::string& value) const {
  return in_quotes(value);
}

Reading<std::string> FileNameKind::read(const GivenValue& given) const {
  const auto text = TextKind{"", no_problem}.read(given);
  if (!text || text->empty()) {
    return text && needed != nullptr ? std::unexpected("is empty") : text;
  }
  if (text->starts_with(credential_mark)) {
    return credential_file(text->substr(credential_mark.size()));
  }
  return name_of(path_in(path_of(given.folder), *text));
}
std::string FileNameKind::write(const std::string& value) const {
  return in_quotes(value);
}
std::string FileNameKind::allowed() const {
  return needed != nullptr ? needed
                           : "the name of a file, credential:NAME (of systemd), or \"\" for none";
}

std::string_view beginning(std::string_view text, std::size_t most) {
  if (text.size() <= most) {
    return text;
  }
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80) {
    --most;
  }
  return text.substr(0, most);
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
      continue;
    }
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out + '"';
}

std::string one_of(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    out += i == 0 ? "" : i + 1 == names.size() ? " or " : ", ";
    out += names[i];
  }
  return out;
}

std::optional<std::string> no_problem(std::string_view /*text*/) {
  return std::nullopt;
}

std::optional<std::string> version_problem(std::string_view text) {
  return is_version(text) ? std::nullopt : std::optional<std::string>("is not a version");
}

}  // namespace reporterd
