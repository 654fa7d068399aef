#include "store/wal_frames.h"

#include <bit>

#include "store/big_endian.h"

namespace reporterd {
namespace {

constexpr std::uint32_t magic = 0x377f0682;  // the lowest bit: checksums are big-endian
constexpr std::size_t salt_bytes = 8;

}  // namespace

WalFrames::WalFrames(std::string_view header)
    : big_endian_((number32(header, 0) & 1) != 0),
      page_size_(number32(header, 8)),
      salts_(header.substr(16, salt_bytes)) {}

std::optional<WalFrames> WalFrames::after(std::string_view header) {
  WalFrames frames(header);
  const std::size_t size = frames.page_size_;
  if ((number32(header, 0) & ~1U) != magic || size < 512 || size > 65536 ||
      !std::has_single_bit(size)) {
    return std::nullopt;
  }
  frames.add(header.substr(0, 24));
  return frames.sum_is(header, 24) ? std::optional(frames) : std::nullopt;
}

bool WalFrames::take(std::string_view frame) {
  if (frame.substr(8, salt_bytes) != salts_) {
    return false;
  }
  add(frame.substr(0, 8));
  add(frame.substr(frame_header_bytes));
  return sum_is(frame, 16);
}

void WalFrames::add(std::string_view bytes) {
  const auto word = [&](std::size_t at) {
    const std::uint32_t big = number32(bytes, at);
    return big_endian_ ? big : __builtin_bswap32(big);
  };
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
    first_ += word(at) + second_;
    second_ += word(at + 4) + first_;
  }
}

bool WalFrames::sum_is(std::string_view bytes, std::size_t at) const {
  return number32(bytes, at) == first_ && number32(bytes, at + 4) == second_;
}

}  // namespace reporterd
