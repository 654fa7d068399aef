#include "daemon/collect/js_json.h"

#include <array>
#include <charconv>
#include <cmath>

#include "daemon/core/assert.h"

namespace reporterd {
namespace {

void append(std::string& out, const nlohmann::ordered_json& value) {
  if (value.is_object()) {
    char before = '{';
    for (const auto& [name, member] : value.items()) {
      out += before;
      out += nlohmann::ordered_json(name).dump();
      out += ':';
      append(out, member);
      before = ',';
    }
    out += value.empty() ? "{}" : "}";
  } else if (value.is_array()) {
    char before = '[';
    for (const auto& element : value) {
      out += before;
      append(out, element);
      before = ',';
    }
    out += value.empty() ? "[]" : "]";
  } else if (value.is_number_float()) {
    out += js_number(value.get<double>());
  } else {
    out += value.dump();
  }
}

}  // namespace

std::string js_number(double number) {
  ASSERT(std::isfinite(number));
  if (number == 0) {
    return "0";
  }
  // The shortest digits that read back as the same number, "-d.ddde-XX".
  std::array<char, 32> buffer = {};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(number),
                                 std::chars_format::scientific)
                       .ptr;
  const std::string shortest(buffer.data(), end);
  const auto e = shortest.find('e');
  std::string digits = shortest.substr(0, 1);
  if (e > 2) {
    digits += shortest.substr(2, e - 2);
  }
  const int exponent = std::stoi(shortest.substr(e + 1));
  const int count = static_cast<int>(digits.size());
  const int point = exponent + 1;  // digits before the decimal point; ECMAScript calls it n

  std::string text = number < 0 ? "-" : "";
  const auto at = static_cast<std::size_t>(point);
  if (count <= point && point <= 21) {
    text += digits + std::string(at - digits.size(), '0');
  } else if (0 < point && point <= 21) {
    text += digits.substr(0, at) + "." + digits.substr(at);
  } else if (-6 < point && point <= 0) {
    text += "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
  } else {
    text += digits.substr(0, 1) + (count > 1 ? "." + digits.substr(1) : "");
    text += (exponent < 0 ? "e-" : "e+") + std::to_string(std::abs(exponent));
  }
  return text;
}

std::string compact_json(const nlohmann::ordered_json& value) {
  std::string text;
  append(text, value);
  return text;
}

}  // namespace reporterd
