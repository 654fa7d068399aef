#pragma once
// The one-row table `ledger`: everything that is counted or remembered about the outbox as a whole.
// Read once at open, written once per transaction.

#include <array>
#include <cstdint>

#include "daemon/core/outbox.h"
#include "daemon/core/time.h"
#include "store/database.h"

namespace reporterd {

struct Books {
  Ledger ledger;
  Seq newest = 0;                      // highest Seq ever given
  Seq lease_watermark = 0;             // only rows up to here can ever have been leased
  std::int64_t withdrawal_left = 0;    // marked by begin_withdrawal, not settled yet
  std::int64_t history_bytes = 0;      // settled rows and their bodies, see row_cost
  std::int64_t keys = 0;               // key records
  std::int64_t keys_newest_us = 0;     // highest ts among them, ever
  std::int64_t keys_low_water_us = 0;  // a ts up to here may have been forgotten: too old
  std::int64_t bodies_gone_ms = 0;     // history up to this place (settled_ms, seq)
  Seq bodies_gone_seq = 0;             //   has no bodies any more
  friend bool operator==(const Books&, const Books&) = default;
};

std::int64_t& counter(Ledger& ledger, State state);

// All of them, in the order of the table's columns (after `id`, before the clock's).
std::array<std::int64_t*, 22> numbers_of(Books& books);

class BookKeeper {
 public:
  explicit BookKeeper(Database& database);
  // false: the row is missing or cannot be right.
  bool load(Books& books, ClockMark& clock);
  void save(const Books& books, const ClockMark& clock);

 private:
  Statement load_;
  Statement save_;
};

}  // namespace reporterd
