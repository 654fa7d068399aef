#include "tests/model/tape.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <string>

#include "daemon/core/destination_memory.h"

namespace reporterd::model {

void Tape::text(std::string_view value) {
  number(static_cast<std::int64_t>(std::hash<std::string_view>()(value)));
}

// Both values name times, which are never the same twice.
void Tape::kept_value(std::string_view name, std::string_view value) {
  text(name);
  if (name == "pause") {
    const std::int64_t until = std::strtoll(std::string(value).c_str(), nullptr, 10);
    number(until > 0 ? 1 : std::ssize(value));
    later(instant_at(until));
    return;
  }
  const DestinationMemory memory = memory_from_json(std::string(value), identity);
  number(static_cast<std::int64_t>(memory.problem));
  number(std::min(memory.failures, failures_told_apart));
  number(memory.ever_accepted ? 1 : 0);
  later(memory.next_attempt);
  later(memory.retry_after_until);
  for (const Seq seq : memory.rejected_in_row) {
    number(seq);
  }
}

Appended TapedOutbox::append(const NewMessage& message, Now now) {
  tape_.number('a');
  tape_.number(to_us(message.key.ts));
  tape_.accepted(now.observed);
  return noted(outbox_ != nullptr ? outbox_->append(message, now) : Appended::queued);
}

Lease TapedOutbox::lease(const LeaseWish& wish) {
  tape_.number('l');
  tape_.later(wish.now);
  tape_.number(static_cast<std::int64_t>(wish.limit));
  tape_.number((wish.least_attempted ? 2 : 0) + (wish.ignore_due ? 1 : 0));
  Lease lease = outbox_ != nullptr ? outbox_->lease(wish) : Lease{};
  for (const LeasedMessage& message : lease.messages) {
    tape_.number(message.seq);
    tape_.number(message.attempts);
  }
  tape_.number(lease.more ? 1 : 0);
  if (lease.next_due) {
    tape_.later(*lease.next_due);
  }
  return lease;
}

bool TapedOutbox::settle(Seq seq, State how, std::string_view reason, Now now) {
  tape_.number('s');
  tape_.number(seq);
  tape_.number(static_cast<std::int64_t>(how));
  return outbox_ != nullptr && outbox_->settle(seq, how, reason, now);
}

void TapedOutbox::defer(Seq seq, Instant due, std::string_view reason) {
  tape_.number('d');
  tape_.number(seq);
  tape_.later(due);
  if (outbox_ != nullptr) {
    outbox_->defer(seq, due, reason);
  }
}

void TapedOutbox::release(std::span<const Seq> seqs) {
  tape_.number('r');
  for (const Seq seq : seqs) {
    tape_.number(seq);
  }
  if (outbox_ != nullptr) {
    outbox_->release(seqs);
  }
}

std::size_t TapedOutbox::expire(Instant before, std::size_t limit, Now now) {
  tape_.number('e');
  tape_.accepted(before);
  return noted(outbox_ != nullptr ? outbox_->expire(before, limit, now) : 0);
}

bool TapedOutbox::remove(Seq seq, Now now) {
  tape_.number('x');
  tape_.number(seq);
  return noted(outbox_ != nullptr && outbox_->remove(seq, now));
}

bool TapedOutbox::requeue(Seq seq, Now now) {
  tape_.number('q');
  tape_.number(seq);
  tape_.accepted(now.observed);
  return noted(outbox_ != nullptr && outbox_->requeue(seq, now));
}

void TapedOutbox::hold_source(std::string_view source) {
  tape_.number('h');
  tape_.text(source);
  if (outbox_ != nullptr) {
    outbox_->hold_source(source);
  }
}

void TapedOutbox::release_source(std::string_view source) {
  tape_.number('f');
  tape_.text(source);
  if (outbox_ != nullptr) {
    outbox_->release_source(source);
  }
}

void TapedOutbox::begin_withdrawal(const WithdrawScope& scope, Instant decided) {
  tape_.number('w');
  tape_.number(scope.all ? 1 : 0);
  tape_.text(scope.source);
  tape_.accepted(decided);
  if (outbox_ != nullptr) {
    outbox_->begin_withdrawal(scope, decided);
  }
}

std::size_t TapedOutbox::continue_withdrawal(std::size_t limit, Now now) {
  tape_.number('c');
  return noted(outbox_ != nullptr ? outbox_->continue_withdrawal(limit, now) : 0);
}

std::optional<std::string> TapedOutbox::get(std::string_view name) {
  tape_.number('g');
  tape_.text(name);
  return outbox_ != nullptr ? outbox_->get(name) : std::nullopt;
}

void TapedOutbox::put(std::string_view name, std::string_view value) {
  tape_.number('p');
  tape_.kept_value(name, value);
  if (outbox_ != nullptr) {
    outbox_->put(name, value);
  }
}

std::vector<std::string> TapedOutbox::names(std::string_view prefix) {
  return outbox_ != nullptr ? outbox_->names(prefix) : std::vector<std::string>{};
}

std::vector<Row> TapedOutbox::list(const Listing& listing) {
  return outbox_ != nullptr ? outbox_->list(listing) : std::vector<Row>{};
}

std::optional<Row> TapedOutbox::find(Seq seq) {
  return outbox_ != nullptr ? outbox_->find(seq) : std::nullopt;
}

std::optional<std::string> TapedOutbox::body(Seq seq) {
  return outbox_ != nullptr ? outbox_->body(seq) : std::nullopt;
}

bool TapedOutbox::has_key(const MessageKey& key) {
  return outbox_ != nullptr && outbox_->has_key(key);
}

}  // namespace reporterd::model
