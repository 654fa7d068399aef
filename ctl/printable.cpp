#include "ctl/printable.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <iterator>

namespace reporterd::ctl {
namespace {

struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 0;  // 0: not UTF-8
};

// Decodes the first code point; overlong forms, surrogates and values above U+10FFFF are refused.
CodePoint first_code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) {
    return {lead, 1};
  }
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) {
    return {};
  }
  char32_t value = lead & (0x7fU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) {
      return {};
    }
    value = value << 6U | (byte(i) & 0x3fU);
  }
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < least[bytes] || surrogate || value > 0x10ffff) {
    return {};
  }
  return {value, bytes};
}

bool is_unsafe(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) ||         // C0, DEL, C1
         c == 0xad || c == 0x61c || c == 0xfeff ||      // invisible
         (c >= 0x200b && c <= 0x200f) ||                // zero width, direction marks
         (c >= 0x2028 && c <= 0x202e) ||                // line separators, overrides
         (c >= 0x2060 && c <= 0x206f) || c >= 0xe0000;  // isolates, tags, private planes
}

// As JSON does it, so that JSON text stays valid when it is made safe.
void append_escaped(std::string& safe, char32_t c) {
  const auto append_unit = [&](std::uint32_t unit) {
    fmt::format_to(std::back_inserter(safe), "\\u{:04x}", unit);
  };
  if (c > 0xffff) {
    append_unit(0xd800U + ((c - 0x10000U) >> 10U));
    append_unit(0xdc00U + ((c - 0x10000U) & 0x3ffU));
  } else {
    append_unit(c);
  }
}

std::string escape(std::string_view text, bool keep_lines) {
  std::string safe;
  safe.reserve(text.size());
  while (!text.empty()) {
    const CodePoint c = first_code_point(text);
    const std::size_t bytes = c.bytes == 0 ? 1 : c.bytes;
    const bool kept = keep_lines && (c.value == '\n' || c.value == '\t');
    if (c.bytes == 0) {
      fmt::format_to(std::back_inserter(safe), "\\x{:02x}", static_cast<unsigned char>(text[0]));
    } else if (is_unsafe(c.value) && !kept) {
      append_escaped(safe, c.value);
    } else {
      safe.append(text.substr(0, bytes));
    }
    text.remove_prefix(bytes);
  }
  return safe;
}

}  // namespace

std::string printable(std::string_view text) {
  return escape(text, /*keep_lines=*/false);
}

std::string printable_lines(std::string_view text) {
  return escape(text, /*keep_lines=*/true);
}

}  // namespace reporterd::ctl
