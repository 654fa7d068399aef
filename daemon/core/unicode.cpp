#include "daemon/core/unicode.h"

#include <cstddef>
#include <cstdint>

namespace reporterd {
namespace {

constexpr char never_in_utf8 = '\xFF';

bool is_first_half(std::uint32_t unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}

bool is_second_half(std::uint32_t unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

void append(std::string& text, std::uint32_t character) {
  const auto following = [&](unsigned shift) {
    text += static_cast<char>(0x80U | (character >> shift & 0x3FU));
  };
  if (character < 0x80) {
    text += static_cast<char>(character);
  } else if (character < 0x800) {
    text += static_cast<char>(0xC0U | character >> 6U);
    following(0);
  } else if (character < 0x10000) {
    text += static_cast<char>(0xE0U | character >> 12U);
    following(6);
    following(0);
  } else {
    text += static_cast<char>(0xF0U | character >> 18U);
    following(12);
    following(6);
    following(0);
  }
}

// `high`: where the higher byte of each two stands.
std::string utf8_of_utf16(std::string_view bytes, std::size_t high) {
  const auto unit_at = [&](std::size_t at) {
    const auto byte = [&](std::size_t i) {
      return std::uint32_t{static_cast<unsigned char>(bytes[i])};
    };
    return at + 1 < bytes.size() ? byte(at + high) << 8U | byte(at + 1 - high) : 0;
  };
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 2) {
    const std::uint32_t unit = unit_at(at);
    const bool is_whole = at + 1 < bytes.size();
    if (is_first_half(unit) && is_second_half(unit_at(at + 2))) {
      append(text, 0x10000 + ((unit - 0xD800) << 10U) + (unit_at(at + 2) - 0xDC00));
      at += 2;
    } else if (is_whole && !is_first_half(unit) && !is_second_half(unit)) {
      append(text, unit);
    } else {
      text += never_in_utf8;
    }
  }
  return text;
}

}  // namespace

std::string utf8_of_file(std::string_view bytes) {
  constexpr std::string_view utf8_mark = "\xEF\xBB\xBF";
  constexpr std::string_view low_first_mark = "\xFF\xFE";
  constexpr std::string_view high_first_mark = "\xFE\xFF";
  if (bytes.starts_with(low_first_mark)) {
    return utf8_of_utf16(bytes.substr(low_first_mark.size()), 1);
  }
  if (bytes.starts_with(high_first_mark)) {
    return utf8_of_utf16(bytes.substr(high_first_mark.size()), 0);
  }
  return std::string(bytes.substr(bytes.starts_with(utf8_mark) ? utf8_mark.size() : 0));
}

}  // namespace reporterd
