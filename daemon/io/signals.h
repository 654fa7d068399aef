#pragma once
// Signals as events of the loop. SIGPIPE is ignored from construction on: a peer that went away is
// an error of a write, not the end of the process.

#include <functional>
#include <memory>

#include "daemon/io/loop.h"

namespace reporterd {

enum class Signal { terminate, interrupt, hangup };

class Signals {
 public:
  Signals(Loop& loop, std::function<void(Signal)> on_signal);
  ~Signals();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reporterd
