#include "store/row_walk.h"

#include <algorithm>

#include "store/big_endian.h"

namespace reporterd {
namespace {

// The first byte of a page. What is reserved at the end of a page is nothing in an outbox.
constexpr unsigned char interior_index = 0x02;
constexpr unsigned char leaf_index = 0x0a;
constexpr unsigned char leaf_table = 0x0d;
constexpr std::size_t first_page_header = 100;
constexpr std::size_t most_values = 64;
constexpr std::uint64_t walks_over_overflow = 4;

// The variable-length number at `at`, which moves behind it; nothing when it does not end in time.
std::optional<std::uint64_t> varint(std::string_view bytes, std::size_t& at) {
  std::uint64_t value = 0;
  for (int i = 0; i < 9 && at < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[at++]);
    if (i == 8) {
      return value << 8 | byte;
    }
    value = value << 7 | (byte & 0x7f);
    if (byte < 0x80) {
      return value;
    }
  }
  return std::nullopt;
}

std::int64_t big_endian(std::string_view bytes) {
  std::uint64_t value = (bytes[0] & 0x80) != 0 ? ~std::uint64_t{0} : 0;
  for (const char byte : bytes) {
    value = value << 8 | static_cast<unsigned char>(byte);
  }
  return static_cast<std::int64_t>(value);
}

// What a serial type says: how long the value is and of what kind.
std::optional<std::pair<std::size_t, RawValue>> kind_of(std::uint64_t type,
                                                        std::size_t most_bytes) {
  using Kind = RawValue::Kind;
  constexpr std::size_t widths[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0};
  if (type >= 12 && (type - 12) / 2 <= most_bytes) {
    return std::pair((type - 12) / 2,
                     RawValue{.kind = type % 2 == 0 ? Kind::blob : Kind::text, .bytes = {}});
  }
  if (type >= std::size(widths)) {
    return std::nullopt;
  }
  const Kind kind = type == 0 ? Kind::null : type == 7 ? Kind::real : Kind::integer;
  return std::pair(widths[type], RawValue{.kind = kind, .integer = type == 9 ? 1 : 0, .bytes = {}});
}

}  // namespace

struct RowWalk::Cell {
  std::size_t bytes = 0;  // of the whole payload
  std::optional<std::int64_t> rowid;
  std::string_view local;            // what of it stands on the page
  std::uint32_t first_overflow = 0;  // 0: that is all
};

void RowWalk::run(const std::function<void(const RawRow&)>& seen) {
  overflow_left_ = walks_over_overflow * file_.pages();
  for (std::uint32_t number = 1; number <= file_.pages(); ++number) {
    if (!file_.read(number, page_)) {
      continue;
    }
    const std::size_t header = number == 1 ? first_page_header : 0;
    const auto type = static_cast<unsigned char>(page_[header]);
    is_table_ = type == leaf_table;
    is_interior_ = type == interior_index;
    if (!is_table_ && !is_interior_ && type != leaf_index) {
      continue;
    }
    const std::size_t pointers = header + (is_interior_ ? 12 : 8);
    const std::size_t cells =
        std::min<std::size_t>(number16(page_, header + 3), (page_.size() - pointers) / 2);
    for (std::size_t i = 0; i < cells; ++i) {
      const auto cell = cell_at(number16(page_, pointers + 2 * i));
      if (cell && load(*cell) && decode()) {
        row_.rowid = cell->rowid;
        seen(row_);
      }
    }
  }
}

std::optional<RowWalk::Cell> RowWalk::cell_at(std::size_t at) const {
  at += is_interior_ ? 4 : 0;  // a child's number stands first
  const auto bytes = varint(page_, at);
  if (!bytes || *bytes > most_bytes_) {
    return std::nullopt;
  }
  Cell cell{.bytes = *bytes, .rowid = {}, .local = {}};
  if (is_table_) {
    const auto rowid = varint(page_, at);
    if (!rowid) {
      return std::nullopt;
    }
    cell.rowid = static_cast<std::int64_t>(*rowid);
  }
  const std::size_t page = page_.size();
  const std::size_t most_local = is_table_ ? page - 35 : (page - 12) * 64 / 255 - 23;
  std::size_t local = cell.bytes;
  if (local > most_local) {
    const std::size_t least = (page - 12) * 32 / 255 - 23;
    local = least + (cell.bytes - least) % (page - 4);
    local = local <= most_local ? local : least;
  }
  const bool overflows = local < cell.bytes;
  if (at + local + (overflows ? 4 : 0) > page) {
    return std::nullopt;
  }
  cell.local = std::string_view(page_).substr(at, local);
  cell.first_overflow = overflows ? number32(page_, at + local) : 0;
  return cell;
}

// Puts the payload together from its pages.
bool RowWalk::load(const Cell& cell) {
  payload_.assign(cell.local);
  std::uint32_t next = cell.first_overflow;
  while (payload_.size() < cell.bytes) {
    if (overflow_left_ == 0 || !file_.read(next, overflow_)) {
      return false;
    }
    --overflow_left_;
    next = number32(overflow_, 0);
    payload_.append(overflow_, 4, cell.bytes - payload_.size());
  }
  return true;
}

bool RowWalk::decode() {
  row_.values.clear();
  std::size_t at = 0;
  const auto header = varint(payload_, at);
  if (!header || *header > payload_.size()) {
    return false;
  }
  std::size_t place = *header;
  const std::string_view types = std::string_view(payload_).substr(0, place);
  while (at < types.size() && row_.values.size() < most_values) {
    const auto type = varint(types, at);
    auto found = type ? kind_of(*type, payload_.size() - place) : std::nullopt;
    if (!found || found->first > payload_.size() - place) {
      return false;
    }
    auto& [bytes, value] = *found;
    value.bytes = std::string_view(payload_).substr(place, bytes);
    if (value.kind == RawValue::Kind::integer && bytes > 0) {
      value.integer = big_endian(value.bytes);
    }
    place += bytes;
    row_.values.push_back(value);
  }
  return at == types.size() && place == payload_.size();
}

}  // namespace reporterd
