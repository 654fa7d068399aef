#pragma once
// Where messages go, and the contract it speaks: messages -> request, reply -> verdicts.
// Implementations (daemon/destination/) are pure: no I/O, no clock, no state.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/core/outbox.h"
#include "daemon/core/time.h"
#include "daemon/core/transport.h"

namespace reporterd {

// What one reply means for one message.
struct Verdict {
  enum class Kind {
    delivered,
    duplicate,       // already there: counts as delivered
    rejected,        // the message's own fault, said by the service itself
    too_large,       // rejected for its size; a batch is split first, like rejected
    retry,           // this message failed; others may go on (isolated 5xx, time-out)
    unreachable,     // the destination cannot be reached, or something else answered for it
    retry_after,     // the destination asks everyone to wait (429; 5xx with Retry-After)
    auth_problem,    // 401, 403: nothing is discarded
    config_problem,  // wrong URL, redirect, unknown 4xx: nothing is discarded
    cancelled,       // by us; no meaning
  };
  Kind kind = Kind::retry;
  std::optional<Millis> wait;  // what Retry-After said (already >= 0, not clamped); else absent
  std::string why;             // one line for people and history, never message data
};

class Destination {
 public:
  virtual ~Destination() = default;
  // Names the destination for what is remembered about it (backoff): a new URL starts fresh.
  virtual std::string identity() const = 0;
  // How many messages one request may carry (1: no batches).
  virtual std::size_t batch_limit() const = 0;
  // `messages` has 1..batch_limit() entries.
  virtual Request request(std::span<const LeasedMessage> messages) const = 0;
  // One verdict per message, in order. `now` is for Retry-After dates only.
  virtual std::vector<Verdict> verdicts(std::span<const LeasedMessage> messages, const Reply& reply,
                                        WallTime now) const = 0;
};

}  // namespace reporterd
