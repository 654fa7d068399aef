// Questions, and the small named values.

#include <limits>

#include "daemon/core/assert.h"
#include "store/sqlite_outbox.h"
#include "store/statements.h"

namespace reporterd {

std::optional<std::string> SqliteOutbox::get(std::string_view name) {
  if (!ok()) {
    return std::nullopt;
  }
  Query row(statements_->get, name);
  return row.next() ? std::optional(std::string(row.text(0))) : std::nullopt;
}

void SqliteOutbox::put(std::string_view name, std::string_view value) {
  if (ok()) {
    Query(statements_->put, name, value).run();
  }
}

std::vector<std::string> SqliteOutbox::names(std::string_view prefix) {
  std::vector<std::string> found;
  if (ok()) {
    for (Query row(statements_->names, prefix); row.next();) {
      found.emplace_back(row.text(0));
    }
  }
  return found;
}

std::vector<Row> SqliteOutbox::list(const Listing& listing) {
  if (!ok()) {
    return {};
  }
  const std::vector<Seq> seqs = listing.settled ? settled_seqs(listing) : waiting_seqs(listing);
  std::vector<Row> rows;
  for (const Seq seq : seqs) {
    if (auto row = find(seq)) {
      rows.push_back(*std::move(row));
    }
  }
  return ok() ? rows : std::vector<Row>{};
}

std::vector<Seq> SqliteOutbox::waiting_seqs(const Listing& listing) {
  std::vector<Seq> seqs;
  const auto collect = [&](Query& row) {
    while (seqs.size() < listing.limit && row.next()) {
      if (!is_under_epoch(row.number(0), row.number(1))) {
        seqs.push_back(row.number(0));
      }
    }
  };
  if (listing.state == State::held) {
    Query row(statements_->held, listing.after);
    collect(row);
  } else if (!listing.state || listing.state == State::queued) {
    Query row(statements_->waiting, listing.after, static_cast<int>(State::queued),
              static_cast<int>(listing.state.value_or(State::held)));
    collect(row);
  }
  return seqs;
}

std::vector<Seq> SqliteOutbox::settled_seqs(const Listing& listing) {
  std::vector<Seq> seqs;
  Query row(statements_->history, listing.before.value_or(std::numeric_limits<Seq>::max()),
            static_cast<int>(listing.state.value_or(State::delivered)),
            static_cast<int>(listing.state.value_or(State::lost)),
            static_cast<std::int64_t>(listing.limit));
  while (row.next()) {
    seqs.push_back(row.number(0));
  }
  return seqs;
}

std::optional<Row> SqliteOutbox::find(Seq seq) {
  if (!ok()) {
    return std::nullopt;
  }
  Query found(statements_->row, seq);
  if (!found.next()) {
    return std::nullopt;
  }
  Row row;
  row.seq = seq;
  row.key = {std::string(found.text(1)), wall_at(found.number(0))};
  row.state = static_cast<State>(found.number(2));
  row.source = found.text(4);
  row.bytes = found.number(5);
  row.attempts = static_cast<int>(found.number(6));
  row.accepted_at = wall_at(found.number(7));
  if (const auto settled_us = found.maybe_number(8)) {
    row.settled_at = wall_at(*settled_us);
  }
  if (const auto due_ms = found.maybe_number(9)) {
    row.due = instant_at(*due_ms);
  }
  row.reason = found.text(10);
  row.may_have_arrived = found.number(11) != 0;
  row.body_kept = found.number(12) != 0;
  if (row.state <= State::held && is_under_epoch(seq, found.number(3))) {
    row.state = State::withdrawn;
    row.body_kept = false;
  }
  return row;
}

std::optional<std::string> SqliteOutbox::body(Seq seq) {
  const auto row = brief(seq);
  if (!row || !row->body_kept || is_withdrawn(*row)) {
    return std::nullopt;
  }
  Query found(statements_->body, seq);
  return found.next() ? std::optional(std::string(found.text(0))) : std::nullopt;
}

bool SqliteOutbox::has_key(const MessageKey& key) {
  const std::int64_t instance = ok() ? find_instance(key.instance_id) : 0;
  if (instance == 0) {
    return false;
  }
  const std::int64_t ts_us = to_us(key.ts);
  Query message(statements_->message_sha, ts_us, instance);
  Query record(statements_->key_sha, ts_us, instance);
  return message.next() || record.next();
}

}  // namespace reporterd
