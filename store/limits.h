#pragma once
// How max_bytes is shared out.

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "store/sqlite_outbox.h"

namespace reporterd {

// What a message costs beside its body: its row, its index entries, its share of half-full pages.
inline constexpr std::int64_t row_cost = 256;
// What a key record costs.
inline constexpr std::int64_t key_cost = 64;

// A reason in one line of bounded length; cut between characters.
inline std::string_view shortened(std::string_view reason) {
  constexpr std::size_t most = 256;
  if (reason.size() <= most) {
    return reason;
  }
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(reason[end]) & 0xc0) == 0x80) {
    --end;
  }
  return reason.substr(0, end);
}

struct StoreLimits {
  explicit StoreLimits(const StoreSettings& settings) {
    const auto max = static_cast<std::int64_t>(settings.max_bytes);
    wal = std::min<std::int64_t>(2 << 20, max / 16);
    own = max - wal;
    const std::int64_t reserved = std::max<std::int64_t>(
        {64 << 10, max / 20, static_cast<std::int64_t>(settings.max_message_bytes)});
    programs = own - reserved;
    // A quarter each, so that what is over cannot crowd out what waits.
    history = std::min(static_cast<std::int64_t>(settings.history_bytes), max / 4);
    keys = std::min(static_cast<std::int64_t>(settings.key_bytes), max / 4);
  }
  std::int64_t wal;       // it is copied back at this size; a slice of a withdrawal fills it once
  std::int64_t own;       // pages in use up to which own reports are taken
  std::int64_t programs;  // the same for what programs hand in; between both: the reserved slice
  std::int64_t history;
  std::int64_t keys;
};

}  // namespace reporterd
