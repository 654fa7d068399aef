#pragma once
// The one timer of the brain. It counts through sleep (libuv's own timers stop there), and costs
// no wake-up but the one that was asked for.

#include <functional>
#include <memory>
#include <optional>

#include "daemon/core/time.h"
#include "daemon/io/loop.h"

namespace reporterd {

class WakeTimer {
 public:
  WakeTimer(Loop& loop, std::function<void()> on_wake);
  ~WakeTimer();

  // Calls on_wake once, `from_now` later (not before the next turn); replaces what was armed
  // before. nullopt: not at all.
  void arm(std::optional<Millis> from_now);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reporterd
