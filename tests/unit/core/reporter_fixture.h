#pragma once
// A Reporter alone: facts in, wishes out.

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/core/reporter.h"

namespace reporterd {

class FixedEntropy final : public Entropy {
 public:
  std::uint64_t next() override { return value; }
  std::uint64_t value = 0;
};

inline Verdict verdict(Verdict::Kind kind, std::optional<Millis> wait = std::nullopt) {
  return Verdict{kind, wait, "because"};
}

// A Reporter with a queue of `queued` messages behind it, switched on, with a destination.
class ReporterTest : public testing::Test {
 protected:
  void SetUp() override {
    settings.retry.spread_retry_after = false;
    step(input::ConsentChanged{true});
    step(input::DestinationChanged{true, memory_from_json(std::nullopt, "https://a"), settings});
  }

  template <class In>
  void step(In in) {
    for (Output& output : reporter.step(Now{now, wall_at(0)}, std::move(in))) {
      log.push_back(std::move(output));
    }
  }

  void queue(std::int64_t count) {
    snapshot.ledger.accepted += count;
    snapshot.ledger.queued += count;
    snapshot.newest += count;
    snapshot.oldest_accepted = now;
    step(input::Committed{snapshot});
  }

  // Answers a lease that was asked for, with `count` fresh messages of `bytes` each.
  void lease(std::size_t count, bool more = false, int attempts = 0, std::size_t bytes = 10) {
    Lease given;
    for (std::size_t i = 0; i < count; ++i) {
      LeasedMessage& message = given.messages.emplace_back();
      message.seq = next_seq++;
      message.body.assign(bytes, 'x');
      message.attempts = attempts;
    }
    given.more = more;
    step(input::Leased{std::move(given)});
  }

  void reply(const Verdict& with) {
    const auto sent = take<output::StartSend>();
    ASSERT_FALSE(sent.empty());
    for (const auto& send : sent) {
      step(input::Replied{send.id, send.messages, {send.messages.size(), with}});
    }
  }

  // The outputs of one kind since the last call, removed from the log.
  template <class Out>
  std::vector<Out> take() {
    std::vector<Out> found;
    std::erase_if(log, [&](Output& output) {
      if (auto* out = std::get_if<Out>(&output)) {
        found.push_back(std::move(*out));
        return true;
      }
      return false;
    });
    return found;
  }

  // Queues one message, sends it and lets it be accepted.
  void accept_one() {
    queue(1);
    take<output::AskLease>();
    lease(1);
    reply(verdict(Verdict::Kind::delivered));
    take<output::Settle>();
    log.clear();
  }

  FixedEntropy entropy;
  DeliverySettings settings;
  Reporter reporter{entropy};
  Instant now = instant_at(1'000'000);
  Snapshot snapshot;
  Seq next_seq = 1;
  std::vector<Output> log;
};

}  // namespace reporterd
