// Keeping history and key records within their shares, a slice at a time: bodies go first, then
// rows (their keys stay as records), then the records with the oldest ts.

#include <algorithm>

#include "store/limits.h"
#include "store/sqlite_outbox.h"
#include "store/statements.h"

namespace reporterd {

// Takes at most `slice` steps; true: there is more to do.
bool SqliteOutbox::trim_slice(std::int64_t now_ms, std::int64_t slice) {
  const StoreLimits limits(settings_);
  const std::int64_t keep_from_ms = now_ms - settings_.history_keep.count();
  for (; ok() && slice > 0; --slice) {
    const bool too_much = books_.history_bytes > limits.history;
    if (too_much && drop_body()) {
      continue;
    }
    if (drop_row(too_much ? std::numeric_limits<std::int64_t>::max() : keep_from_ms)) {
      continue;
    }
    if (books_.keys * key_cost <= limits.keys) {
      return false;
    }
    drop_key();
  }
  return ok();
}

// The oldest body of the history; false: there is none.
bool SqliteOutbox::drop_body() {
  Seq seq = 0;
  {
    Query row(statements_->next_body, books_.bodies_gone_ms, books_.bodies_gone_seq);
    if (row.next()) {
      books_.bodies_gone_ms = row.number(0);
      seq = books_.bodies_gone_seq = row.number(1);
      books_.history_bytes -= row.number(2);
    }
  }
  if (seq == 0) {
    Query row(statements_->newest_settled);
    if (row.next()) {  // so that the next search does not begin all over
      books_.bodies_gone_ms = row.number(0);
      books_.bodies_gone_seq = row.number(1);
    }
    return false;
  }
  Query(statements_->remove_body, seq).run();
  Query(statements_->body_gone, seq).run();
  return true;
}

// The oldest row of the history, if it was settled before; its key stays as a record.
bool SqliteOutbox::drop_row(std::int64_t settled_before_ms) {
  Seq seq = 0;
  {
    Query row(statements_->oldest_settled);
    if (!row.next() || row.number(0) >= settled_before_ms) {
      return false;
    }
    seq = row.number(1);
  }
  {
    Query row(statements_->key_of, seq);
    if (!row.next()) {
      return false;
    }
    const std::int64_t ts_us = row.number(0);
    Query(statements_->add_key, ts_us, row.number(1), row.blob(2)).run();
    ++books_.keys;
    books_.keys_newest_us = std::max(books_.keys_newest_us, ts_us);
    books_.history_bytes -= row_cost + (row.number(4) != 0 ? row.number(3) : 0);
  }
  Query(statements_->remove_body, seq).run();
  Query(statements_->remove_message, seq).run();
  return true;
}

// Forgets the record with the oldest ts; from then on such a ts is too old.
void SqliteOutbox::drop_key() {
  std::int64_t ts_us = 0;
  std::int64_t instance = 0;
  {
    Query row(statements_->oldest_key);
    if (!row.next()) {
      books_.keys = 0;
      return;
    }
    ts_us = row.number(0);
    instance = row.number(1);
  }
  Query(statements_->remove_key, ts_us, instance).run();
  --books_.keys;
  books_.keys_low_water_us = std::max(books_.keys_low_water_us, ts_us);
}

}  // namespace reporterd
