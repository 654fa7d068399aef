#include "tests/model/model_outbox.h"

#include <algorithm>
#include <tuple>

#include "daemon/core/assert.h"
#include "store/books.h"

namespace reporterd::model {
namespace {

constexpr Seq lease_step = 4096;  // as in store/lease.cpp

Row row_of(const ModelOutbox::Message& message) {
  Row row;
  row.seq = message.seq;
  row.key = message.told->key;
  row.state = message.state;
  row.source = message.told->source;
  row.bytes = std::ssize(message.told->body);
  row.attempts = message.attempts;
  row.due = message.due;
  row.may_have_arrived = message.may_have_arrived;
  row.body_kept = message.body_kept;
  return row;
}

}  // namespace

Snapshot ModelOutbox::snapshot() const {
  Snapshot now;
  now.ledger = ledger_;
  now.newest = std::ssize(messages_);
  bool in_order = false;
  for (const Message& message : messages_) {
    if (message.state == State::queued && !in_order) {
      now.oldest_queued = now.oldest_queued.value_or(message.seq);
      now.oldest_accepted =
          std::min(now.oldest_accepted.value_or(message.accepted), message.accepted);
      in_order = !message.requeued;
    }
  }
  return now;
}

void ModelOutbox::crash() {
  leased_.clear();
  leased_before_ = std::min(lease_watermark_, std::ssize(messages_));
  leased_highest_ = leased_before_;
}

bool ModelOutbox::is_under_withdrawal(const Message& message) const {
  return std::ranges::any_of(epochs_, [&](const Epoch& epoch) {
    return message.seq <= epoch.up_to &&
           (epoch.scope.all || epoch.scope.source == message.told->source);
  });
}

ModelOutbox::Message* ModelOutbox::at(Seq seq) {
  const bool is_there = seq >= 1 && seq <= std::ssize(messages_);
  return is_there ? &messages_[static_cast<std::size_t>(seq - 1)] : nullptr;
}

Appended ModelOutbox::append(const NewMessage& message, Now now) {
  for (const Message& known : messages_) {
    if (known.told->key == message.key) {
      const bool same = known.told->body == message.body;
      ++(same ? ledger_.duplicates : ledger_.conflicts);
      return same ? Appended::duplicate : Appended::conflict;
    }
  }
  Message fresh;
  fresh.seq = std::ssize(messages_) + 1;
  fresh.told = std::make_shared<const NewMessage>(message);
  fresh.accepted = now.observed;
  messages_.push_back(std::move(fresh));
  ++ledger_.accepted;
  ++ledger_.queued;
  return Appended::queued;
}

// ---------------------------------------------------------------- delivery

std::vector<ModelOutbox::Message*> ModelOutbox::candidates(bool fresh, bool by_attempts,
                                                           Instant due_until) {
  std::vector<Message*> found;
  for (Message& message : messages_) {
    const bool is_ready = fresh ? !message.due : message.due && *message.due <= due_until;
    if (message.state == State::queued && is_ready && !is_leased(message.seq) &&
        !is_under_withdrawal(message)) {
      found.push_back(&message);
    }
  }
  if (!fresh) {
    std::ranges::sort(found, {}, [by_attempts](const Message* message) {
      const std::int64_t first = by_attempts ? message->attempts : to_ms(*message->due);
      return std::tuple(first, message->seq);
    });
  }
  return found;
}

Lease ModelOutbox::lease(const LeaseWish& wish) {
  if (wish.ignore_due) {
    for (Message& message : messages_) {
      if (message.state == State::queued && message.due && *message.due > wish.now) {
        message.due = wish.now;
      }
    }
  }
  Lease lease;
  std::size_t bytes = 0;
  const auto take = [&](const std::vector<Message*>& from, std::size_t most) {
    for (const Message* message : from) {
      const std::size_t size = message->told->body.size();
      if (lease.more || lease.messages.size() >= most) {
        return;
      }
      if (lease.messages.size() >= wish.limit ||
          (!lease.messages.empty() && bytes + size > wish.bytes)) {
        lease.more = true;
        return;
      }
      bytes += size;
      lease.messages.push_back(
          {message->seq, message->told->key, message->told->body, message->attempts});
      leased_.insert(message->seq);
      leased_highest_ = std::max(leased_highest_, message->seq);
    }
  };
  if (wish.least_attempted) {
    take(candidates(true, false, {}), wish.limit + 1);
    take(candidates(false, true, Instant::max()), wish.limit + 1);
  } else {
    take(candidates(false, false, wish.now), (wish.limit + 1) / 2);
    take(candidates(true, false, {}), wish.limit + 1);
    take(candidates(false, false, wish.now), wish.limit + 1);
  }
  for (const Message* message : candidates(false, false, Instant::max())) {
    if (*message->due > wish.now) {
      keep_earlier(lease.next_due, message->due);
    }
  }
  if (leased_highest_ > lease_watermark_) {
    lease_watermark_ = leased_highest_ + lease_step;
  }
  return lease;
}

bool ModelOutbox::settle(Seq seq, State how, std::string_view /*reason*/, Now /*now*/) {
  Message* const message = at(seq);
  if (message == nullptr) {
    return false;
  }
  if (message->is_waiting() && is_under_withdrawal(*message)) {
    finish(*message, State::withdrawn);
  }
  if (message->is_waiting()) {
    finish(*message, how);
    return true;
  }
  leased_.erase(seq);
  const bool taken_back = message->state == State::withdrawn || message->state == State::deleted;
  message->may_have_arrived |= how == State::delivered && taken_back;
  return false;
}

void ModelOutbox::defer(Seq seq, Instant due, std::string_view /*reason*/) {
  leased_.erase(seq);
  Message* const message = at(seq);
  if (message != nullptr && message->is_waiting()) {
    ++message->attempts;
    message->due = due;
  }
}

void ModelOutbox::release(std::span<const Seq> seqs) {
  for (const Seq seq : seqs) {
    leased_.erase(seq);
  }
}

std::size_t ModelOutbox::expire(Instant before, std::size_t limit, Now /*now*/) {
  std::size_t count = 0;
  for (Message& message : messages_) {
    const bool waits = message.state == State::queued && !is_leased(message.seq);
    if (epochs_.empty() && count < limit && waits && message.accepted < before) {
      finish(message, State::expired);
      ++count;
    }
  }
  return count;
}

void ModelOutbox::finish(Message& message, State how) {
  ASSERT(message.is_waiting());
  const bool taken_back = how == State::withdrawn || how == State::deleted;
  message.may_have_arrived |= taken_back && (is_leased(message.seq) || message.attempts > 0 ||
                                             message.seq <= leased_before_);
  --counter(ledger_, message.state);
  ++counter(ledger_, how);
  message.state = how;
  message.due.reset();
  message.body_kept = !taken_back;
  leased_.erase(message.seq);
  if (left_to_withdraw() == 0) {
    epochs_.clear();
  }
}

// ---------------------------------------------------------------- the owner

bool ModelOutbox::remove(Seq seq, Now /*now*/) {
  Message* const message = at(seq);
  if (message == nullptr || !message->is_waiting()) {
    return false;
  }
  const bool withdrawn = is_under_withdrawal(*message);
  finish(*message, withdrawn ? State::withdrawn : State::deleted);
  return !withdrawn;
}

bool ModelOutbox::requeue(Seq seq, Now now) {
  Message* const message = at(seq);
  if (message == nullptr || message->is_waiting() || !message->body_kept ||
      message->state == State::lost || is_under_withdrawal(*message)) {
    return false;
  }
  message->may_have_arrived |= message->state == State::delivered ||
                               message->state == State::rejected || is_leased(seq) ||
                               message->attempts > 0 || seq <= leased_before_;
  message->state = State::queued;
  message->requeued = true;
  message->accepted = now.observed;
  message->attempts = 0;
  message->due.reset();
  ++ledger_.requeued;
  ++ledger_.queued;
  return true;
}

void ModelOutbox::switch_source(std::string_view source, State to) {
  const State from = to == State::held ? State::queued : State::held;
  for (Message& message : messages_) {
    if (message.state == from && message.told->source == source) {
      message.state = to;
      --counter(ledger_, from);
      ++counter(ledger_, to);
    }
  }
}

void ModelOutbox::begin_withdrawal(const WithdrawScope& scope, Instant decided) {
  Epoch epoch{scope, 0};
  for (const Message& message : messages_) {
    if (message.accepted <= decided) {
      epoch.up_to = message.seq;
    }
  }
  std::erase_if(epochs_, [&](const Epoch& earlier) {
    if (earlier.scope.all != scope.all || earlier.scope.source != scope.source) {
      return false;
    }
    epoch.up_to = std::max(epoch.up_to, earlier.up_to);
    return true;
  });
  epochs_.push_back(std::move(epoch));
  if (left_to_withdraw() == 0) {
    epochs_.clear();
  }
}

std::size_t ModelOutbox::left_to_withdraw() const {
  return static_cast<std::size_t>(std::ranges::count_if(messages_, [this](const Message& message) {
    return message.is_waiting() && is_under_withdrawal(message);
  }));
}

// Which ones a slice takes first is the store's own affair.
std::size_t ModelOutbox::continue_withdrawal(std::size_t limit, Now /*now*/) {
  std::size_t done = 0;
  for (Message& message : messages_) {
    if (done < limit && message.is_waiting() && is_under_withdrawal(message)) {
      finish(message, State::withdrawn);
      ++done;
    }
  }
  return left_to_withdraw();
}

// ---------------------------------------------------------------- values and questions

std::optional<std::string> ModelOutbox::get(std::string_view name) {
  const auto found = values_.find(std::string(name));
  return found == values_.end() ? std::nullopt : std::optional(found->second);
}

void ModelOutbox::put(std::string_view name, std::string_view value) {
  values_[std::string(name)] = value;
}

std::vector<std::string> ModelOutbox::names(std::string_view prefix) {
  std::vector<std::string> found;
  for (const auto& [name, value] : values_) {
    if (name.starts_with(prefix)) {
      found.push_back(name);
    }
  }
  return found;
}

std::vector<Row> ModelOutbox::list(const Listing& listing) {
  std::vector<Row> rows;
  for (const Message& message : messages_) {
    const bool shown = listing.settled ? !message.is_waiting()
                                       : message.is_waiting() && !is_under_withdrawal(message);
    if (shown) {
      rows.push_back(row_of(message));
    }
  }
  if (listing.settled) {
    std::ranges::reverse(rows);
  }
  return rows;
}

std::optional<Row> ModelOutbox::find(Seq seq) {
  const Message* const message = at(seq);
  if (message == nullptr) {
    return std::nullopt;
  }
  Row row = row_of(*message);
  if (message->is_waiting() && is_under_withdrawal(*message)) {
    row.state = State::withdrawn;
    row.body_kept = false;
  }
  return row;
}

std::optional<std::string> ModelOutbox::body(Seq seq) {
  const Message* const message = at(seq);
  const bool kept = message != nullptr && message->body_kept &&
                    !(message->is_waiting() && is_under_withdrawal(*message));
  return kept ? std::optional(message->told->body) : std::nullopt;
}

bool ModelOutbox::has_key(const MessageKey& key) {
  return std::ranges::any_of(messages_,
                             [&](const Message& message) { return message.told->key == key; });
}

}  // namespace reporterd::model
