#include "tests/model/fingerprint.h"

#include <algorithm>
#include <type_traits>
#include <variant>

#include "daemon/core/limits.h"
#include "store/books.h"

namespace reporterd {
namespace {

constexpr int store_retries_told_apart = 7;  // the wait of write_again_soon() grows no more

}  // namespace

void Fingerprint::add(std::uint64_t value) {
  std::uint64_t z = hash_ + value + 0x9E37'79B9'7F4A'7C15U;
  z = (z ^ (z >> 30U)) * 0xBF58'476D'1CE4'E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D0'49BB'1331'11EBU;
  hash_ = z ^ (z >> 31U);
}

void Fingerprint::add_later(Instant time) {
  add(static_cast<std::uint64_t>(std::max<std::int64_t>((time - now_).count(), 0)));
}

void Fingerprint::add_later(std::optional<Instant> time) {
  add(time ? 1U : 0U);
  add_later(time.value_or(now_));
}

void Fingerprint::add_age(Instant time) {
  add_later(time);
  ages_.push_back(time);
}

// Ages count by their order, and up to the age that ends a message.
std::uint64_t Fingerprint::value() const {
  Fingerprint all = *this;
  std::vector<Instant> in_order = ages_;
  std::ranges::sort(in_order);
  const auto repeats = std::ranges::unique(in_order);
  in_order.erase(repeats.begin(), repeats.end());
  for (const Instant age : ages_) {
    all.add(static_cast<std::uint64_t>(std::ranges::lower_bound(in_order, age) - in_order.begin()));
    if (max_age_ < DeliverySettings{}.max_age) {
      all.add(static_cast<std::uint64_t>(std::min(now_ - age, max_age_).count()));
    }
  }
  return all.hash_;
}

std::uint64_t Fingerprint::calls(const Engine& engine) {
  return engine.pause_calls_ << 32U | engine.destination_calls_;
}

// ---------------------------------------------------------------- parts

void Fingerprint::add(const std::vector<Seq>& seqs) {
  add(seqs.size());
  for (const Seq seq : seqs) {
    add(static_cast<std::uint64_t>(seq));
  }
}

void Fingerprint::add(const LeasedMessage& message) {
  add(static_cast<std::uint64_t>(message.seq));
  add(static_cast<std::uint64_t>(std::min(message.attempts, model::failures_told_apart)));
}

// Not: what is for people only.
void Fingerprint::add(const DestinationMemory& memory) {
  add(static_cast<std::uint64_t>(memory.problem));
  add(static_cast<std::uint64_t>(std::min(memory.failures, model::failures_told_apart)));
  add_later(memory.next_attempt);
  add_later(memory.retry_after_until);
  add(memory.ever_accepted ? 1U : 0U);
  add(memory.rejected_in_row);
}

void Fingerprint::add(const Snapshot& snapshot) {
  Ledger ledger = snapshot.ledger;
  for (int state = 0; state <= static_cast<int>(State::lost); ++state) {
    add(static_cast<std::uint64_t>(counter(ledger, static_cast<State>(state))));
  }
  add(static_cast<std::uint64_t>(ledger.requeued));
  add(static_cast<std::uint64_t>(ledger.duplicates));
  add(static_cast<std::uint64_t>(snapshot.newest));
  add(static_cast<std::uint64_t>(snapshot.oldest_queued.value_or(0)));
  add(snapshot.oldest_accepted ? 1U : 0U);
  add_age(snapshot.oldest_accepted.value_or(now_));
}

void Fingerprint::add(const model::Tape& tape) {
  add(tape.entries.size());
  for (const auto& [kind, value] : tape.entries) {
    switch (kind) {
      case model::Tape::Kind::number:
        add(static_cast<std::uint64_t>(value));
        break;
      case model::Tape::Kind::later:
        add_later(instant_at(value));
        break;
      case model::Tape::Kind::accepted:
        add_age(instant_at(value));
        break;
    }
  }
}

void Fingerprint::add(const model::ModelOutbox& outbox) {
  add(outbox.snapshot());
  for (const auto& message : outbox.messages()) {
    add(static_cast<std::uint64_t>(to_us(message.told->key.ts)));
    add(static_cast<std::uint64_t>(message.state));
    add_age(message.accepted);
    add_later(message.due);
    add(static_cast<std::uint64_t>(std::min(message.attempts, model::failures_told_apart)));
    const auto fewer = std::ranges::count_if(
        outbox.messages(), [&](const auto& other) { return other.attempts < message.attempts; });
    add(static_cast<std::uint64_t>(fewer));
    const bool flags[] = {message.may_have_arrived,
                          message.body_kept,
                          message.requeued,
                          outbox.is_leased(message.seq),
                          outbox.may_ever_have_been_leased(message.seq),
                          message.seq <= outbox.leased_before(),
                          outbox.is_under_withdrawal(message)};
    for (const bool flag : flags) {
      add(flag ? 1U : 0U);
    }
  }
  model::Tape values;
  for (const auto& [name, value] : outbox.values()) {
    values.kept_value(name, value);
  }
  add(values);
}

// ---------------------------------------------------------------- the brain

void Fingerprint::add(const Reporter& reporter) {
  const auto& [entropy, settings, memory, configured, consent_on, paused, stopping, finished,
               pause_until, notice_until, ready, split, sends, leased_bytes, next_send, window,
               batch_window, epoch, current_sends, failing, free_probe, scheduled_attempt,
               last_network_probe, last_remembered_success, snapshot, lease_asked, lease_outdated,
               lease_recalled, exhausted, next_due, next_due_since_ask, ignore_due, expiry_asked,
               next_expiry, noted, out] = reporter;
  add(memory);
  for (const bool flag :
       {configured, consent_on, paused, stopping, finished, free_probe, lease_asked, lease_outdated,
        lease_recalled, exhausted, ignore_due, expiry_asked}) {
    add(flag ? 1U : 0U);
  }
  add_later(pause_until);
  add_later(notice_until);
  add(ready.size());
  for (const LeasedMessage& message : ready) {
    add(message);
  }
  for (const auto& messages : split) {
    add(messages.size());
    for (const LeasedMessage& message : messages) {
      add(message);
    }
  }
  for (const auto& [id, send] : sends) {
    add(send.epoch == epoch ? 1U : 0U);
  }
  add(leased_bytes);
  add(window);
  add(batch_window);
  add(current_sends);
  add(std::vector<Seq>(failing.begin(), failing.end()));
  add_later(free_probe ? scheduled_attempt : now_);
  add_later(last_network_probe.value_or(instant_at(-1'000'000'000)) + network_probe_every);
  add_later(last_remembered_success.value_or(instant_at(-1'000'000'000)) + remember_success_every);
  add(snapshot);
  add_later(next_due);
  add_later(next_due_since_ask);
  add_later(next_expiry);
  add(static_cast<std::uint64_t>(noted));
}

void Fingerprint::add_op(const Engine::Op& op) {
  add(op.index());
  std::visit(
      [this]<class T>(const T& out) {
        if constexpr (std::is_same_v<T, output::Settle>) {
          add(static_cast<std::uint64_t>(out.seq));
          add(static_cast<std::uint64_t>(out.how));
        } else if constexpr (std::is_same_v<T, output::Defer>) {
          add(static_cast<std::uint64_t>(out.seq));
          add_later(out.due);
        } else if constexpr (std::is_same_v<T, output::Remember>) {
          add(out.memory);
        } else {
          add(out.seqs);
        }
      },
      op);
}

void Fingerprint::add(const Engine& engine) {
  const auto& [ports, events, flight, reporter, destination, out, snapshot, inputs, stepping,
               settling, ops, failed_ops, remember_again, failed_duties, duties_due, write_again_at,
               store_retries, store_problem, withdrawing, notice_ended, notice_period, notice,
               withdrawn_at, accepted_at, pause_calls, destination_calls, outbox_calls,
               closed_sources, source_calls, waiters, armed, alive] = engine;
  add(reporter);
  add(snapshot);
  add(destination ? 1U : 0U);
  for (const auto& [id, messages] : out) {
    add(messages.size());
    for (const LeasedMessage& message : messages) {
      add(message);
    }
  }
  for (const bool flag : {settling, remember_again, store_problem.has_value(), withdrawing}) {
    add(flag ? 1U : 0U);
  }
  for (const Engine::Op& op : ops) {
    add_op(op);
  }
  add(failed_ops.size());
  for (const Engine::Op& op : failed_ops) {
    add_op(op);
  }
  for (const auto& duty : failed_duties) {
    model::Tape tape;
    model::TapedOutbox nothing(nullptr, tape);
    duty->work(nothing);
    add(tape);
    add(duty->is_over && duty->is_over() ? 1U : 0U);
  }
  add(duties_due);
  add_later(write_again_at);
  add(static_cast<std::uint64_t>(std::min(store_retries, store_retries_told_apart)));
  add_age(withdrawn_at);
  add_age(accepted_at);
  add_later(armed);
}

}  // namespace reporterd
