#include "tests/fuzz/scripted_delivery.h"

#include <algorithm>
#include <utility>

#include "daemon/core/backoff.h"
#include "daemon/core/timestamp.h"
#include "tests/fuzz/targets.h"

namespace reporterd::fuzz {
namespace {

constexpr std::size_t message_count = 6;

LeasedMessage numbered(Seq seq) {
  LeasedMessage message;
  message.seq = seq;
  message.key = {std::string(64, 'a'), *parse_ts("2026-03-04T00:00:00Z") + Millis(seq)};
  message.body = R"({"ts":")" + canonical_ts(message.key.ts) + R"(","data":{}})";
  return message;
}

}  // namespace

ScriptedDelivery::ScriptedDelivery(const Destination& destination)
    : start_(*parse_ts("2026-03-04T00:00:00Z")) {
  settings_.batch = destination.batch_limit();
  settings_.in_flight = 2;
  for (std::size_t i = 1; i <= message_count; ++i) {
    stored_.push_back({.message = numbered(static_cast<Seq>(i))});
  }
  step(input::ConsentChanged{true});
  step(input::DestinationChanged{true, memory_from_json(std::nullopt, destination.identity()),
                                 settings_});
  commit();
}

const std::vector<LeasedMessage>* ScriptedDelivery::next_request() {
  constexpr int most_turns = 100;  // each ends a wait of hours: none is spent in vain often
  for (int turns = 0; sent_.empty(); ++turns) {
    if (std::ranges::all_of(stored_, &Stored::settled)) {
      return nullptr;
    }
    const auto wake = reporter_.wake_at();
    require(wake.has_value(), "messages wait, and nobody will ever look at them");
    require(turns < most_turns, "a wait follows on the other, and nothing is sent");
    now_ = std::max(now_, *wake);
    step(input::Woke{});
  }
  return &sent_.front().messages;
}

void ScriptedDelivery::reply(const std::vector<Verdict>& verdicts) {
  const output::StartSend send = std::move(sent_.front());
  sent_.pop_front();
  now_ += Millis(100);
  std::optional<Millis> asked;
  for (const Verdict& verdict : verdicts) {
    if (verdict.kind == Verdict::Kind::retry_after && verdict.wait) {
      asked = std::max(asked.value_or(Millis(0)), *verdict.wait);
    }
  }
  step(input::Replied{send.id, send.messages, verdicts});
  commit();
  if (asked) {
    require(
        reporter_.memory().retry_after_until >= now_ + retry_after_least(*asked, settings_.retry),
        "a Retry-After is cut short");
  }
  require_waits_within_limits();
}

// Nobody's answer silences a machine for longer than the owner allows.
void ScriptedDelivery::require_waits_within_limits() const {
  const Millis longest = std::max(2 * settings_.retry.retry_after_max, settings_.retry.cap);
  require(reporter_.memory().retry_after_until <= now_ + longest, "a Retry-After without limit");
  const auto next = reporter_.next_attempt();
  require(!next || *next <= now_ + longest, "the next attempt is too far away");
  require_one_line(reporter_.memory().why);
  require(memory_from_json(to_json(reporter_.memory()), reporter_.memory().identity) ==
              reporter_.memory(),
          "what is remembered of the destination does not survive a restart");
}

template <class In>
void ScriptedDelivery::step(In in) {
  inputs_.push_back(std::move(in));
  if (std::exchange(stepping_, true)) {
    return;
  }
  while (!inputs_.empty()) {
    Input next = std::move(inputs_.front());
    inputs_.pop_front();
    for (const Output& output : reporter_.step({now_, wall()}, std::move(next))) {
      std::visit([this](const auto& out) { this->act(out); }, output);
    }
  }
  stepping_ = false;
}

void ScriptedDelivery::commit() {
  Snapshot snapshot;
  snapshot.newest = std::ssize(stored_);
  snapshot.ledger.accepted = std::ssize(stored_);
  for (const Stored& stored : stored_) {
    ++(stored.settled ? snapshot.ledger.delivered : snapshot.ledger.queued);
    if (!stored.settled) {
      snapshot.oldest_accepted = instant_at(1'000'000);
    }
  }
  step(input::Committed{snapshot});
}

void ScriptedDelivery::act(const output::AskLease& out) {
  Lease lease;
  for (Stored& stored : stored_) {
    if (stored.settled || stored.leased) {
      continue;
    }
    const bool is_due = stored.due <= now_ || out.wish.ignore_due || out.wish.least_attempted;
    if (!is_due) {
      keep_earlier(lease.next_due, stored.due);
    } else if (lease.messages.size() == out.wish.limit) {
      lease.more = true;
    } else {
      stored.leased = true;
      lease.messages.push_back(stored.message);
    }
  }
  step(input::Leased{std::move(lease)});
}

void ScriptedDelivery::act(const output::StartSend& out) {
  require(now_ >= reporter_.memory().retry_after_until, "a request during a Retry-After");
  require(out.messages.size() <= settings_.batch, "a request over the limit of a batch");
  for (const LeasedMessage& message : out.messages) {
    leased(message.seq);
  }
  sent_.push_back(out);
}

void ScriptedDelivery::act(const output::Settle& out) {
  require(out.how == State::delivered || out.how == State::rejected,
          "a reply ends a message in a way that is no reply's");
  require_one_line(out.reason);
  leased(out.seq).settled = true;
}

void ScriptedDelivery::act(const output::Defer& out) {
  require(out.due <= now_ + settings_.retry.cap, "a message waits longer than retry.cap");
  require_one_line(out.reason);
  Stored& stored = leased(out.seq);
  stored.leased = false;
  stored.due = out.due;
  ++stored.message.attempts;
}

void ScriptedDelivery::act(const output::Release& out) {
  for (const Seq seq : out.seqs) {
    leased(seq).leased = false;
  }
}

void ScriptedDelivery::act(const output::Requeue& out) {
  for (const Seq seq : out.seqs) {
    Stored& stored = leased(seq);
    require(stored.settled, "what waits is queued again");
    stored.settled = stored.leased = false;
    stored.due = now_;
  }
}

void ScriptedDelivery::act(const output::Expire& /*out*/) {
  step(input::Expired{false});
}

// What the Reporter decides on must be in its hands, or have been settled by it.
ScriptedDelivery::Stored& ScriptedDelivery::leased(Seq seq) {
  Stored& stored = stored_.at(static_cast<std::size_t>(seq - 1));
  require(stored.leased, "a decision on a message that is not leased");
  return stored;
}

}  // namespace reporterd::fuzz
