#include "daemon/collect/yaml_scalar.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

#include "daemon/core/letters.h"

namespace reporterd {
namespace {

int digit_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  if (c >= 'A' && c <= 'F') {
    return c - 'A' + 10;
  }
  return 99;
}

// Digits of `base` with underscores between them (not at the end), at least one digit.
bool are_digits(std::string_view text, int base) {
  bool any = false;
  for (const char c : text) {
    if (c != '_' && digit_value(c) >= base) {
      return false;
    }
    any = any || c != '_';
  }
  return any && text.back() != '_';
}

std::string without_underscores(std::string_view text) {
  std::string out(text);
  std::erase(out, '_');
  return out;
}

// Decimal text to the nearest double, overflowing to infinity as parseFloat does. The process stays
// in the "C" locale, so '.' is the decimal point.
double decimal(std::string_view text) {
  return std::strtod(without_underscores(text).c_str(), nullptr);
}

std::string_view without_sign(std::string_view text) {
  return text.starts_with('-') || text.starts_with('+') ? text.substr(1) : text;
}

// [0-9_]* from the front, taken off.
std::string_view take_digits(std::string_view& text) {
  const auto length = std::min(text.find_first_not_of("0123456789_"), text.size());
  const auto digits = text.substr(0, length);
  text.remove_prefix(length);
  return digits;
}

// (?:[eE][-+]?[0-9]+)? and nothing after it.
bool is_exponent_or_end(std::string_view text) {
  if (text.empty()) {
    return true;
  }
  if (text.front() != 'e' && text.front() != 'E') {
    return false;
  }
  const auto digits = without_sign(text.substr(1));
  return !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_decimal_float(std::string_view text) {
  if (text.ends_with('_')) {
    return false;
  }
  if (text.starts_with('.')) {  // no sign here: "-.5" is text to js-yaml
    text.remove_prefix(1);
    return !take_digits(text).empty() && is_exponent_or_end(text);
  }
  text = without_sign(text);
  const auto whole = take_digits(text);
  if (whole.empty() || whole.front() == '_') {
    return false;
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    take_digits(text);
  }
  return is_exponent_or_end(text);
}

}  // namespace

bool is_yaml_null(std::string_view text) {
  return text.empty() || text == "~" || is_one_of(text, "null", "Null", "NULL");
}

std::optional<bool> yaml_bool(std::string_view text) {
  if (is_one_of(text, "true", "True", "TRUE")) {
    return true;
  }
  if (is_one_of(text, "false", "False", "FALSE")) {
    return false;
  }
  return std::nullopt;
}

std::optional<double> yaml_int(std::string_view text) {
  const double sign = text.starts_with('-') ? -1 : 1;
  const std::string_view digits = without_sign(text);
  int base = 10;
  if (digits.starts_with("0b")) {
    base = 2;
  } else if (digits.starts_with("0o")) {
    base = 8;
  } else if (digits.starts_with("0x")) {
    base = 16;
  }
  if (base == 10) {
    const bool valid = !digits.starts_with('_') && are_digits(digits, 10);
    return valid ? std::optional(sign * decimal(digits)) : std::nullopt;
  }
  if (!are_digits(digits.substr(2), base)) {
    return std::nullopt;
  }
  double value = 0;
  for (const char c : without_underscores(digits.substr(2))) {
    value = value * base + digit_value(c);
  }
  return sign * value;
}

std::optional<double> yaml_float(std::string_view text) {
  if (is_one_of(text, ".nan", ".NaN", ".NAN")) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (is_one_of(without_sign(text), ".inf", ".Inf", ".INF")) {
    const double infinity = std::numeric_limits<double>::infinity();
    return text.starts_with('-') ? -infinity : infinity;
  }
  return is_decimal_float(text) ? std::optional(decimal(text)) : std::nullopt;
}

YamlValue plain_scalar(std::string_view text) {
  if (is_yaml_null(text)) {
    return {};
  }
  if (const auto boolean = yaml_bool(text)) {
    return {.data = *boolean};
  }
  if (const auto integer = yaml_int(text)) {
    return {.data = *integer};
  }
  if (const auto number = yaml_float(text)) {
    return {.data = *number};
  }
  return {.data = std::string(text)};
}

}  // namespace reporterd
