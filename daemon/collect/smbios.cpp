#include "daemon/collect/smbios.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "daemon/collect/utf8.h"
#include "daemon/core/letters.h"

namespace reporterd {
namespace {

constexpr std::size_t raw_header_bytes = 8;  // calling method, version, revision, length
constexpr std::size_t head_bytes = 4;        // of a structure: type, length, handle
constexpr unsigned bios_type = 0;
constexpr unsigned system_type = 1;
constexpr unsigned end_type = 127;

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

// A structure: the part of fixed form, and after it its texts, each ended by a zero.
struct Structure {
  std::string_view formed;
  std::string_view texts;

  unsigned type() const { return byte_at(formed, 0); }

  // The text whose number stands at `at`; they count from 1, 0 is none.
  std::string text(std::size_t at) const {
    if (at >= formed.size()) {
      return "";
    }
    std::string_view rest = texts;
    for (unsigned number = byte_at(formed, at); number > 1 && !rest.empty(); --number) {
      rest.remove_prefix(std::min(rest.find('\0'), rest.size() - 1) + 1);
    }
    return byte_at(formed, at) == 0
               ? ""
               : well_formed_utf8(trimmed(rest.substr(0, rest.find('\0')), " "));
  }
};

// Takes the next structure off `table`; nothing when it does not fit into what is left.
std::optional<Structure> take_structure(std::string_view& table) {
  if (table.size() < head_bytes) {
    return std::nullopt;
  }
  const std::size_t length = byte_at(table, 1);
  if (length < head_bytes || length > table.size()) {
    return std::nullopt;
  }
  Structure structure{table.substr(0, length), table.substr(length)};
  // Two zeros end the texts, also where there are none.
  const auto end = structure.texts.find(std::string_view("\0\0", 2));
  structure.texts = structure.texts.substr(0, end);
  table.remove_prefix(end == std::string_view::npos ? table.size()
                                                    : length + std::min(end + 2, table.size()));
  return structure;
}

// The first three fields are numbers, their lowest byte first; the others are plain bytes.
std::string uuid_text(std::string_view bytes) {
  constexpr std::array<std::size_t, 16> order = {3, 2, 1,  0,  5,  4,  7,  6,
                                                 8, 9, 10, 11, 12, 13, 14, 15};
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  for (const std::size_t at : order) {
    text += digits[byte_at(bytes, at) >> 4U];
    text += digits[byte_at(bytes, at) & 15U];
    const std::size_t length = text.size();
    text += length == 8 || length == 13 || length == 18 || length == 23 ? "-" : "";
  }
  return text;
}

}  // namespace

std::optional<SmbiosFacts> parse_smbios(std::string_view raw) {
  constexpr std::size_t uuid_at = 8;
  constexpr std::size_t uuid_bytes = 16;
  if (raw.size() < raw_header_bytes) {
    return std::nullopt;
  }
  std::string_view table = raw.substr(raw_header_bytes);
  SmbiosFacts facts;
  bool has_system = false;
  bool has_bios = false;
  // The first of each kind counts.
  for (auto found = take_structure(table); found && found->type() != end_type;
       found = take_structure(table)) {
    if (found->type() == bios_type && !has_bios) {
      has_bios = true;
      facts.bios_version = found->text(5);
    } else if (found->type() == system_type && !has_system) {
      has_system = true;
      facts.vendor = found->text(4);
      facts.product = found->text(5);
      facts.serial = found->text(7);
      if (found->formed.size() >= uuid_at + uuid_bytes) {
        facts.uuid = uuid_text(found->formed.substr(uuid_at, uuid_bytes));
      }
    }
  }
  return has_system ? std::optional(facts) : std::nullopt;
}

}  // namespace reporterd
