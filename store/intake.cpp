// Taking messages in: each key once, within the limits.

#include <algorithm>

#include "store/limits.h"
#include "store/sqlite_outbox.h"
#include "store/statements.h"

namespace reporterd {

Appended SqliteOutbox::append(const NewMessage& message, Now now) {
  if (!ok()) {
    return Appended::storage_full;
  }
  const bool own = !message.source.empty();
  const std::int64_t ts_us = to_us(message.key.ts);
  const auto bytes = static_cast<std::int64_t>(message.body.size());
  const Digest sha = digest_.of(message.key.instance_id, ts_us, message.body);
  std::optional<Digest> content;
  if (!message.content.empty()) {
    content = sha256(message.content);
  }
  std::int64_t instance = find_instance(message.key.instance_id);
  const bool room = room_for(bytes, own);
  if (!room || ts_us <= books_.keys_newest_us) {
    if (const auto answer = known(instance, ts_us, sha)) {
      return *answer;
    }
    if (ts_us <= books_.keys_low_water_us) {
      return Appended::too_old;
    }
    if (!room && (disk_full_ || !own || !content || !supersede(message.source, *content, now))) {
      return Appended::storage_full;
    }
  }
  if (instance == 0) {
    instance = add_instance(message.key.instance_id);
  }
  const Seq seq = books_.newest + 1;
  Query(statements_->add_message, seq, ts_us, instance, source_id(message.source), bytes,
        to_ms(now.observed), to_us(now.wall), Bytes(sha), content ? Bytes(*content) : Bytes())
      .run();
  if (!ok() || database_->last_change() == 0) {
    return known(instance, ts_us, sha).value_or(Appended::storage_full);
  }
  Query(statements_->add_body, seq, message.body).run();
  books_.newest = seq;
  accepted_ms_ = std::max(accepted_ms_, to_ms(now.observed));
  ++books_.ledger.accepted;
  ++books_.ledger.queued;
  used_bytes_ += bytes + row_cost;
  return Appended::queued;
}

// What the answer to a known key is; it is counted.
std::optional<Appended> SqliteOutbox::known(std::int64_t instance, std::int64_t ts_us,
                                            const Digest& sha) {
  const auto compare = [&](Statement& statement) -> std::optional<Appended> {
    Query row(statement, ts_us, instance);
    if (!row.next()) {
      return std::nullopt;
    }
    if (std::ranges::equal(row.blob(0), sha)) {
      ++books_.ledger.duplicates;
      return Appended::duplicate;
    }
    ++books_.ledger.conflicts;
    return Appended::conflict;
  };
  auto answer = compare(statements_->message_sha);
  if (!answer && ts_us <= books_.keys_newest_us) {
    answer = compare(statements_->key_sha);
  }
  return answer;
}

bool SqliteOutbox::room_for(std::int64_t bytes, bool own) const {
  const StoreLimits limits(settings_);
  const std::int64_t limit = own ? limits.own : limits.programs;
  return !disk_full_ && used_bytes_ + bytes + row_cost <= limit;
}

// Settles the oldest waiting report of `source` that says the same, to make room for the new one.
bool SqliteOutbox::supersede(std::string_view source, const Digest& content, Now now) {
  const auto id = find_source(source);
  Seq older = 0;
  if (id) {
    Query row(statements_->same_content, *id, Bytes(content));
    while (older == 0 && row.next()) {
      const Seq seq = row.number(0);
      if (!is_leased(seq) && !is_under_epoch(seq, *id)) {
        older = seq;
      }
    }
  }
  const auto report = older == 0 ? std::nullopt : brief(older);
  if (!report) {
    return false;
  }
  finish(*report, State::superseded, "a newer report says the same", now.observed, now.wall);
  used_bytes_ -= report->bytes;
  return true;
}

std::int64_t SqliteOutbox::find_instance(std::string_view name) {
  if (last_instance_id_ == 0 || last_instance_ != name) {
    Query row(statements_->find_instance, name);
    if (!row.next()) {
      return 0;
    }
    last_instance_ = name;
    last_instance_id_ = row.number(0);
  }
  return last_instance_id_;
}

std::int64_t SqliteOutbox::add_instance(std::string_view name) {
  Query row(statements_->add_instance, name);
  const std::int64_t id = row.next() ? row.number(0) : 0;
  row.run();
  last_instance_ = name;
  last_instance_id_ = id;
  return id;
}

const std::string& SqliteOutbox::instance_name(std::int64_t id) {
  if (last_instance_id_ != id) {
    Query row(statements_->instance_name, id);
    last_instance_ = row.next() ? std::string(row.text(0)) : std::string();
    last_instance_id_ = id;
  }
  return last_instance_;
}

std::optional<std::int64_t> SqliteOutbox::find_source(std::string_view name) {
  if (name.empty()) {
    return programs;
  }
  Query row(statements_->find_source, name);
  return row.next() ? std::optional(row.number(0)) : std::nullopt;
}

std::int64_t SqliteOutbox::source_id(std::string_view name) {
  if (const auto id = find_source(name)) {
    return *id;
  }
  Query row(statements_->add_source, name);
  const std::int64_t id = row.next() ? row.number(0) : programs;
  row.run();
  return id;
}

}  // namespace reporterd
