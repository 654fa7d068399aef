#include "daemon/collect/utf8.h"

#include <cstddef>

namespace reporterd {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

struct Lead {
  std::size_t following = 0;  // continuation bytes; 0: no lead byte of a longer character
  unsigned char lowest = 0x80;
  unsigned char highest = 0xBF;  // of the first continuation byte
};

// Table 3-7 of the Unicode standard: well-formed UTF-8 byte sequences.
Lead lead_of(unsigned char byte) {
  if (byte >= 0xC2 && byte <= 0xDF) {
    return {.following = 1};
  }
  if (byte >= 0xE0 && byte <= 0xEF) {
    return {.following = 2,
            .lowest = static_cast<unsigned char>(byte == 0xE0 ? 0xA0 : 0x80),
            .highest = static_cast<unsigned char>(byte == 0xED ? 0x9F : 0xBF)};
  }
  if (byte >= 0xF0 && byte <= 0xF4) {
    return {.following = 3,
            .lowest = static_cast<unsigned char>(byte == 0xF0 ? 0x90 : 0x80),
            .highest = static_cast<unsigned char>(byte == 0xF4 ? 0x8F : 0xBF)};
  }
  return {};
}

struct Part {
  std::size_t length;
  bool well_formed;
};

// The character, or the maximal ill-formed part, that `text` (not empty) starts with.
Part first_part(std::string_view text) {
  const auto byte_at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte_at(0) < 0x80) {
    return {.length = 1, .well_formed = true};
  }
  Lead lead = lead_of(byte_at(0));
  if (lead.following == 0) {
    return {.length = 1, .well_formed = false};
  }
  for (std::size_t i = 1; i <= lead.following; ++i) {
    if (i == text.size() || byte_at(i) < lead.lowest || byte_at(i) > lead.highest) {
      return {.length = i, .well_formed = false};
    }
    lead.lowest = 0x80;
    lead.highest = 0xBF;
  }
  return {.length = lead.following + 1, .well_formed = true};
}

}  // namespace

std::string well_formed_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Part part = first_part(text);
    out += part.well_formed ? text.substr(0, part.length) : replacement;
    text.remove_prefix(part.length);
  }
  return out;
}

std::string one_line(std::string_view text, std::size_t max_bytes) {
  std::string out;
  while (!text.empty()) {
    const std::string_view character = text.substr(0, first_part(text).length);
    if (out.size() + character.size() > max_bytes) {
      return out + "...";
    }
    const auto byte = static_cast<unsigned char>(character.front());
    out += byte < 0x20 || byte == 0x7F ? "?" : character;
    text.remove_prefix(character.size());
  }
  return out;
}

}  // namespace reporterd
