#pragma once
// Port: the time. Only the top level and its hands read it; everything in core is told `Now`.

#include "daemon/core/time.h"

namespace reporterd {

class Clock {
 public:
  virtual ~Clock() = default;
  // The current time; constant within one turn of the loop is allowed.
  virtual Now now() const = 0;
  // The same reading as it is stored with a commit. Safe to call on the writer thread.
  virtual ClockMark mark() const = 0;
};

}  // namespace reporterd
