// What the owner of the machine may do with messages: take back, hold, send again.

#include <algorithm>

#include "store/limits.h"
#include "store/sqlite_outbox.h"
#include "store/statements.h"

namespace reporterd {

bool SqliteOutbox::requeue(Seq seq, Now now) {
  const auto row = brief(seq);
  if (!row || is_waiting(*row) || !row->body_kept || row->state == State::lost ||
      is_under_epoch(seq, row->source)) {
    return false;
  }
  const bool was_out =
      row->state == State::delivered || row->state == State::rejected || may_be_out(*row);
  Query(statements_->requeue, seq, to_ms(now.observed), was_out ? 1 : 0).run();
  accepted_ms_ = std::max(accepted_ms_, to_ms(now.observed));
  books_.history_bytes -= row_cost + row->bytes;
  ++books_.ledger.requeued;
  ++books_.ledger.queued;
  look_again_at(seq);
  return ok();
}

void SqliteOutbox::hold_source(std::string_view source) {
  const auto id = ok() ? find_source(source) : std::nullopt;
  if (!id) {
    return;
  }
  const int holder = static_cast<int>(Holder::consent);
  if (*id == programs) {
    Query(statements_->hold_programs, holder).run();
  } else {
    Query(statements_->hold_own, *id, holder).run();
  }
  const std::int64_t held = ok() ? database_->last_change() : 0;
  books_.ledger.queued -= held;
  books_.ledger.held += held;
}

void SqliteOutbox::release_source(std::string_view source) {
  const auto id = ok() ? find_source(source) : std::nullopt;
  if (!id) {
    return;
  }
  Query(statements_->release_held, *id, static_cast<int>(Holder::consent)).run();
  const std::int64_t released = ok() ? database_->last_change() : 0;
  books_.ledger.held -= released;
  books_.ledger.queued += released;
  if (released > 0) {
    fresh_after_ = 0;
  }
}

void SqliteOutbox::begin_withdrawal(const WithdrawScope& scope, Instant decided) {
  const auto source = !ok()       ? std::nullopt
                      : scope.all ? std::optional(every_source)
                                  : find_source(scope.source);
  if (!source) {
    return;
  }
  Seq up_to = newest_accepted(decided);
  if (!scope.all) {
    const auto waiting = waiting_of(*source, up_to, -1);
    books_.withdrawal_left +=
        std::ranges::count_if(waiting, [&](Seq seq) { return !is_under_epoch(seq, *source); });
  }
  std::erase_if(epochs_, [&](const Epoch& epoch) {
    if (epoch.source != *source) {
      return false;
    }
    up_to = std::max(up_to, epoch.up_to);  // a later one was written before this one
    return true;
  });
  epochs_.push_back({*source, up_to});
  if (scope.all) {
    books_.withdrawal_left = books_.ledger.queued + books_.ledger.held - waiting_outside(up_to);
  }
  if (books_.withdrawal_left <= 0) {
    count_withdrawal_anew();
  }
  if (epochs_.empty()) {
    return;
  }
  Query(statements_->mark_withdrawal, *source, up_to).run();
}

// The highest position accepted until then; 0: none. A requeued message counts from its requeue.
Seq SqliteOutbox::newest_accepted(Instant until) {
  Query row(statements_->newest_accepted, to_ms(until));
  return row.next() ? row.number(0) : 0;
}

// How many waiting messages after `after` are under no withdrawal.
std::int64_t SqliteOutbox::waiting_outside(Seq after) {
  std::int64_t count = 0;
  Query row(statements_->waiting, after, static_cast<int>(State::queued),
            static_cast<int>(State::held));
  while (row.next()) {
    count += is_under_epoch(row.number(0), row.number(1)) ? 0 : 1;
  }
  return count;
}

std::size_t SqliteOutbox::continue_withdrawal(std::size_t limit, Now now) {
  if (!ok() || epochs_.empty()) {
    return 0;
  }
  std::size_t done = 0;
  // Every page of a removed body is overwritten, in the WAL first.
  std::int64_t bytes_left = StoreLimits(settings_).wal;
  const std::vector<Epoch> epochs = epochs_;  // withdraw() ends them with the last row
  for (const auto& [source, up_to] : epochs) {
    const auto room = static_cast<std::int64_t>(limit - done);
    for (const Seq seq : waiting_of(source, up_to, room)) {
      if (bytes_left <= 0) {
        break;
      }
      if (const auto row = brief(seq)) {
        bytes_left -= row->bytes;
        withdraw(*row, now);
        ++done;
      }
    }
  }
  if (done == 0 && limit > 0) {  // nothing is left whatever was counted: the file was damaged
    end_withdrawal();
  }
  return static_cast<std::size_t>(books_.withdrawal_left);
}

// Waiting messages of `source` up to `up_to`, at most `limit` (-1: all).
std::vector<Seq> SqliteOutbox::waiting_of(std::int64_t source, Seq up_to, std::int64_t limit) {
  std::vector<Seq> found;
  const auto collect = [&](Statement& statement, bool by_source) {
    const auto room = limit < 0 ? limit : limit - static_cast<std::int64_t>(found.size());
    Query row(statement, up_to, room);
    if (by_source) {
      row.bind(source);
    }
    while (row.next()) {
      found.push_back(row.number(0));
    }
  };
  if (source == every_source) {
    collect(statements_->queued_of_all, false);
    collect(statements_->held_of_all, false);
  } else if (source == programs) {
    collect(statements_->queued_of_programs, false);
    collect(statements_->held_of_source, true);
  } else {
    collect(statements_->queued_of_own, true);
    collect(statements_->held_of_source, true);
  }
  return found;
}

void SqliteOutbox::withdraw(const Brief& row, Now now) {
  finish(row, State::withdrawn, "withdrawn by the owner", now.observed, now.wall);
  if (--books_.withdrawal_left <= 0) {
    count_withdrawal_anew();
  }
}

// In a damaged file the ledger's count may be too low, and what is left would be sent after all:
// only the messages themselves end a withdrawal.
void SqliteOutbox::count_withdrawal_anew() {
  std::unordered_set<Seq> found;
  for (const auto& [source, up_to] : epochs_) {
    for (const Seq seq : waiting_of(source, up_to, -1)) {
      found.insert(seq);
    }
  }
  books_.withdrawal_left = std::ssize(found);
  if (found.empty()) {
    end_withdrawal();
  }
}

void SqliteOutbox::end_withdrawal() {
  books_.withdrawal_left = 0;
  epochs_.clear();
  Query(statements_->end_withdrawal).run();
}

bool SqliteOutbox::is_under_epoch(Seq seq, std::int64_t source) const {
  return std::ranges::any_of(epochs_, [&](const Epoch& epoch) {
    return seq <= epoch.up_to && (epoch.source == every_source || epoch.source == source);
  });
}

bool SqliteOutbox::is_withdrawn(const Brief& row) const {
  return is_waiting(row) && is_under_epoch(row.seq, row.source);
}

}  // namespace reporterd
