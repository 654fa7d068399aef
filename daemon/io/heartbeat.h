#pragma once
// A timer that comes again and again while the machine is awake; WakeTimer's times count sleep,
// too.

#include <functional>
#include <memory>

#include "daemon/core/time.h"
#include "daemon/io/loop.h"

namespace reporterd {

class Heartbeat {
 public:
  Heartbeat(Loop& loop, Millis every, std::function<void()> beat);
  ~Heartbeat();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reporterd
