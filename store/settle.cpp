// Ending a message's life, each time with its place in the ledger.

#include "daemon/core/assert.h"
#include "store/limits.h"
#include "store/sqlite_outbox.h"
#include "store/statements.h"

namespace reporterd {

bool SqliteOutbox::settle(Seq seq, State how, std::string_view reason, Now now) {
  ASSERT(how > State::held);
  auto row = brief(seq);
  if (!row) {
    return false;
  }
  if (is_withdrawn(*row)) {  // marked, only its slice has not come yet
    withdraw(*row, now);
    row->state = State::withdrawn;
  }
  if (is_waiting(*row)) {
    finish(*row, how, reason, now.observed, now.wall);
    return ok();
  }
  forget_lease(seq);
  if (how == State::delivered && (row->state == State::withdrawn || row->state == State::deleted)) {
    Query(statements_->late_delivery, seq).run();
  }
  return false;
}

std::size_t SqliteOutbox::expire(Instant before, std::size_t limit, Now now) {
  if (!ok() || !epochs_.empty()) {
    return 0;  // a withdrawal in progress comes first; what it leaves can expire next time
  }
  std::vector<Seq> old;
  {
    Query row(statements_->queued_by_age);
    while (old.size() < limit && row.next()) {
      const bool is_old = row.number(1) < to_ms(before);
      const bool requeued = row.number(2) != 0;  // its age counts from then: out of order
      if (!is_old && !requeued) {
        break;
      }
      if (is_old && !is_leased(row.number(0))) {  // of a leased one the reply decides
        old.push_back(row.number(0));
      }
    }
  }
  for (const Seq seq : old) {
    if (const auto row = brief(seq)) {
      finish(*row, State::expired, "waited too long", now.observed, now.wall);
    }
  }
  return ok() ? old.size() : 0;
}

bool SqliteOutbox::remove(Seq seq, Now now) {
  const auto row = brief(seq);
  if (!row || !is_waiting(*row)) {
    return false;
  }
  if (is_withdrawn(*row)) {
    withdraw(*row, now);
    return false;
  }
  finish(*row, State::deleted, "deleted by the owner", now.observed, now.wall);
  return ok();
}

std::optional<SqliteOutbox::Brief> SqliteOutbox::brief(Seq seq) {
  if (!ok()) {
    return std::nullopt;
  }
  Query row(statements_->brief, seq);
  if (!row.next()) {
    return std::nullopt;
  }
  if (row.number(0) < 0 || row.number(0) > static_cast<int>(State::lost)) {
    database_->refuse(Database::Trouble::corrupt, "a message is in no state");
    return std::nullopt;
  }
  return Brief{.seq = seq,
               .state = static_cast<State>(row.number(0)),
               .source = row.number(1),
               .bytes = row.number(2),
               .attempts = row.number(3),
               .may_have_arrived = row.number(4) != 0,
               .body_kept = row.number(5) != 0};
}

// Settles a waiting row. What its owner took back leaves no bytes behind, nor does a report that a
// newer one repeats.
void SqliteOutbox::finish(const Brief& row, State how, std::string_view reason, Instant observed,
                          std::optional<WallTime> wall) {
  if (!is_waiting(row)) {
    database_->refuse(Database::Trouble::corrupt, "an index does not match its table");
    return;
  }
  const bool taken_back = how == State::withdrawn || how == State::deleted;
  const bool body_kept = !taken_back && how != State::superseded;
  const std::optional<std::int64_t> settled_us = wall ? std::optional(to_us(*wall)) : std::nullopt;
  Query(statements_->end_message, row.seq, static_cast<int>(how), shortened(reason),
        to_ms(observed), settled_us,
        (row.may_have_arrived || (taken_back && may_be_out(row))) ? 1 : 0, body_kept ? 1 : 0)
      .run();
  if (!body_kept) {
    Query(statements_->remove_body, row.seq).run();
  }
  forget_lease(row.seq);
  --counter(books_.ledger, row.state);
  ++counter(books_.ledger, how);
  books_.history_bytes += row_cost + (body_kept ? row.bytes : 0);
  ++settled_;
}

bool SqliteOutbox::may_be_out(const Brief& row) const {
  return is_leased(row.seq) || row.attempts > 0 || row.may_have_arrived ||
         row.seq <= leased_before_;
}

bool SqliteOutbox::is_waiting(const Brief& row) {
  return row.state <= State::held;
}

}  // namespace reporterd
