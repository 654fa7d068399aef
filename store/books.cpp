#include "store/books.h"

#include <cstring>

#include "daemon/core/assert.h"

namespace reporterd {
namespace {

// The columns in the order of numbers_of().
constexpr const char* load_sql = R"(
  SELECT accepted, requeued, queued, held, delivered, rejected, expired, superseded, withdrawn,
         deleted, lost, duplicates, conflicts, newest, lease_watermark, withdrawal_left,
         history_bytes, keys, keys_newest_us, keys_low_water_us, bodies_gone_ms, bodies_gone_seq,
         observed_ms, since_boot_ms, boot_id
  FROM ledger)";

constexpr const char* save_sql = R"(
  UPDATE ledger SET accepted = ?, requeued = ?, queued = ?, held = ?, delivered = ?, rejected = ?,
         expired = ?, superseded = ?, withdrawn = ?, deleted = ?, lost = ?, duplicates = ?,
         conflicts = ?, newest = ?, lease_watermark = ?, withdrawal_left = ?, history_bytes = ?,
         keys = ?, keys_newest_us = ?, keys_low_water_us = ?, bodies_gone_ms = ?,
         bodies_gone_seq = ?, observed_ms = ?, since_boot_ms = ?, boot_id = ?)";

}  // namespace

std::array<std::int64_t*, 22> numbers_of(Books& books) {
  Ledger& ledger = books.ledger;
  return {&ledger.accepted,       &ledger.requeued,
          &ledger.queued,         &ledger.held,
          &ledger.delivered,      &ledger.rejected,
          &ledger.expired,        &ledger.superseded,
          &ledger.withdrawn,      &ledger.deleted,
          &ledger.lost,           &ledger.duplicates,
          &ledger.conflicts,      &books.newest,
          &books.lease_watermark, &books.withdrawal_left,
          &books.history_bytes,   &books.keys,
          &books.keys_newest_us,  &books.keys_low_water_us,
          &books.bodies_gone_ms,  &books.bodies_gone_seq};
}

std::int64_t& counter(Ledger& ledger, State state) {
  switch (state) {
    case State::queued:
      return ledger.queued;
    case State::held:
      return ledger.held;
    case State::delivered:
      return ledger.delivered;
    case State::rejected:
      return ledger.rejected;
    case State::expired:
      return ledger.expired;
    case State::superseded:
      return ledger.superseded;
    case State::withdrawn:
      return ledger.withdrawn;
    case State::deleted:
      return ledger.deleted;
    case State::lost:
      return ledger.lost;
  }
  ASSERT(false);
  return ledger.lost;
}

BookKeeper::BookKeeper(Database& database) : load_(database, load_sql), save_(database, save_sql) {}

bool BookKeeper::load(Books& books, ClockMark& clock) {
  Query row(load_);
  if (!row.next()) {
    return false;
  }
  int column = 0;
  for (std::int64_t* number : numbers_of(books)) {
    *number = row.number(column++);
    if (*number < 0) {
      return false;
    }
  }
  clock.observed_ms = row.number(column++);
  clock.since_boot_ms = row.number(column++);
  const std::string_view boot_id = row.text(column);
  if (boot_id.size() >= sizeof clock.boot_id) {
    return false;
  }
  boot_id.copy(clock.boot_id, boot_id.size());
  clock.boot_id[boot_id.size()] = '\0';
  return books.ledger.balances();
}

void BookKeeper::save(const Books& books, const ClockMark& clock) {
  Books copy = books;
  Query update(save_);
  for (const std::int64_t* number : numbers_of(copy)) {
    update.bind(*number);
  }
  update.bind(clock.observed_ms);
  update.bind(clock.since_boot_ms);
  update.bind(std::string_view(clock.boot_id));
  update.run();
}

}  // namespace reporterd
