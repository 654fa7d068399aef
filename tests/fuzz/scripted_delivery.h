#pragma once
// A Reporter with a handful of messages, told one reply after the other: what it does with them.

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/destination.h"
#include "daemon/core/reporter.h"
#include "tests/sim/sim_random.h"

namespace reporterd::fuzz {

class ScriptedDelivery {
 public:
  explicit ScriptedDelivery(const Destination& destination);

  // Lets time pass until a request goes out, if none is out. nullptr: all messages are settled.
  const std::vector<LeasedMessage>* next_request();
  // The reply to it.
  void reply(const std::vector<Verdict>& verdicts);
  WallTime wall() const { return start_ + (now_ - instant_at(0)); }

 private:
  struct Stored {
    LeasedMessage message;
    Instant due{};
    bool leased = false;
    bool settled = false;
  };

  template <class In>
  void step(In in);
  void commit();
  void act(const output::AskLease& out);
  void act(const output::StartSend& out);
  void act(const output::Settle& out);
  void act(const output::Defer& out);
  void act(const output::Release& out);
  void act(const output::Requeue& out);
  void act(const output::Expire& out);
  template <class Out>
  void act(const Out& /*out*/) {}
  Stored& leased(Seq seq);
  void require_waits_within_limits() const;

  sim::Random chance_{1};
  DeliverySettings settings_;
  WallTime start_;
  Instant now_ = instant_at(1'000'000);
  std::vector<Stored> stored_;  // by seq, from 1
  Reporter reporter_{chance_};
  std::deque<Input> inputs_;
  std::deque<output::StartSend> sent_;
  bool stepping_ = false;
};

}  // namespace reporterd::fuzz
