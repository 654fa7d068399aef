#pragma once
// How many requests an outage may cost: a count beside Pace's earliest moments, made from nothing
// but the weather and the time. It sees bursts that each come late enough.

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "daemon/core/settings.h"
#include "daemon/core/time.h"
#include "daemon/core/transport.h"

namespace reporterd::sim {

class Outage {
 public:
  void use(const RetrySettings& settings) { settings_ = settings; }

  void begins();
  void ends() { is_out_ = false; }
  // The process and its requests are gone, or there is another destination: counted anew.
  void restarts();
  // Somebody did what may cost a request (or two: the one that was under way says nothing any
  // more).
  void disturbed() { extra_ += 2; }

  // A request goes out; what is wrong with that now, if anything.
  std::optional<std::string> sent(SendId id, Instant now);
  void replied(SendId id, Fate fate, Instant now);

 private:
  RetrySettings settings_;
  bool is_out_ = false;
  std::map<SendId, bool> out_;    // true: sent in the outage
  std::optional<Instant> since_;  // a failure after which nothing from before can end the trouble
  std::size_t requests_ = 0;      // since then
  std::size_t extra_ = 0;
};

}  // namespace reporterd::sim
