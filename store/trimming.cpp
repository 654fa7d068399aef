// Keeping history and key records within their shares, a slice at a time: bodies go first, then
// rows (their keys stay as records), then the records with the oldest ts.

#include <algorithm>

#include "daemon/core/limits.h"
#include "store/limits.h"
#include "store/sqlite_outbox.h"
#include "store/statements.h"

namespace reporterd {

// Takes at most `steps` steps; true: there may be more to do.
bool SqliteOutbox::trim_slice(std::int64_t now_ms, std::int64_t steps) {
  // Every page of a removed body is overwritten, in the WAL first. Replies can settle no more at
  // once; what expires is trimmed by the transactions after it.
  std::int64_t bytes_left = leased_bytes_max;
  std::int64_t left = steps;
  left -= drop_bodies(left, bytes_left);
  left -= drop_rows(left, bytes_left, now_ms - settings_.history_keep.count());
  left -= drop_keys(left);
  return (left == 0 || bytes_left <= 0) && steps > 0;
}

// Bodies of the history, the longest settled first, while it is over its share.
std::int64_t SqliteOutbox::drop_bodies(std::int64_t most, std::int64_t& bytes_left) {
  const std::int64_t limit = StoreLimits(settings_).history;
  if (!ok() || books_.history_bytes <= limit) {
    return 0;
  }
  std::vector<Seq> gone;
  {
    Query row(statements_->kept_bodies, books_.bodies_gone_ms, books_.bodies_gone_seq);
    while (books_.history_bytes > limit && std::ssize(gone) < most && bytes_left > 0 &&
           row.next()) {
      books_.bodies_gone_ms = row.number(0);
      books_.bodies_gone_seq = row.number(1);
      books_.history_bytes -= row.number(2);
      bytes_left -= row.number(2);
      gone.push_back(row.number(1));
    }
  }
  if (books_.history_bytes > limit && std::ssize(gone) < most && bytes_left > 0) {
    Query newest(statements_->newest_settled);
    if (newest.next()) {  // none is left: the next search need not begin all over
      books_.bodies_gone_ms = newest.number(0);
      books_.bodies_gone_seq = newest.number(1);
    }
  }
  for (const Seq seq : gone) {
    Query(statements_->remove_body, seq).run();
    Query(statements_->body_gone, seq).run();
  }
  return std::ssize(gone);
}

// Rows of the history, the longest settled first, while it is over its share or they are too old.
std::int64_t SqliteOutbox::drop_rows(std::int64_t most, std::int64_t& bytes_left,
                                     std::int64_t keep_from_ms) {
  const std::int64_t limit = StoreLimits(settings_).history;
  std::vector<Seq> gone;
  if (!ok()) {
    return 0;
  }
  {
    Query row(statements_->oldest_settled);
    while (std::ssize(gone) < most && bytes_left > 0 && row.next() &&
           (books_.history_bytes > limit || row.number(0) < keep_from_ms)) {
      const std::int64_t ts_us = row.number(2);
      Query(statements_->add_key, ts_us, row.number(3), row.blob(4)).run();
      ++books_.keys;
      books_.keys_newest_us = std::max(books_.keys_newest_us, ts_us);
      const std::int64_t body_bytes = row.number(6) != 0 ? row.number(5) : 0;
      books_.history_bytes -= row_cost + body_bytes;
      bytes_left -= body_bytes;
      gone.push_back(row.number(1));
    }
  }
  for (const Seq seq : gone) {
    Query(statements_->remove_body, seq).run();
    Query(statements_->remove_message, seq).run();
  }
  return std::ssize(gone);
}

// Key records with the oldest ts, while they are over their share; from then on such a ts is too
// old.
std::int64_t SqliteOutbox::drop_keys(std::int64_t most) {
  const std::int64_t over = books_.keys - StoreLimits(settings_).keys / key_cost;
  const std::int64_t count = std::min(over, most);
  if (!ok() || count <= 0) {
    return 0;
  }
  {
    Query row(statements_->oldest_keys, count);
    while (row.next()) {
      books_.keys_low_water_us = std::max(books_.keys_low_water_us, row.number(0));
    }
  }
  Query(statements_->remove_keys, count).run();
  books_.keys -= count;
  keys_dropped_ += count;
  return count;
}

// Removes instance ids that no message and no key has any more. That reads all of them, so it is
// done when there is nothing else to do, for many dropped keys at once, and after the first of a
// life, because the count is not kept.
void SqliteOutbox::forget_instances() {
  if (!ok() || keys_dropped_ < keys_between_sweeps) {
    return;
  }
  keys_dropped_ = 0;
  Query(statements_->remove_instances).run();
  last_instance_id_ = 0;  // it may be one of them
}

}  // namespace reporterd
