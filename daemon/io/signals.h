#pragma once
// What the system asks of us, as events of the loop: signals, and on Windows what the console and
// the service control manager want.

#include <functional>
#include <memory>

#include "daemon/io/loop.h"

namespace reporterd {

enum class Signal {
  terminate,
  interrupt,
  hangup,    // read the configuration again
  shutdown,  // the machine goes down soon (Windows only)
};

// From now on a peer that went away (SIGPIPE) and a limit on the size of files (SIGXFSZ) are errors
// of a write, not the end of the process. Called by Signals, and by whoever writes before. Windows
// has neither.
void ignore_signals_of_writes();

class Signals {
 public:
  Signals(Loop& loop, std::function<void(Signal)> on_signal);
  ~Signals();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reporterd
