#pragma once
// The real clocks behind the Clock port. Immutable after construction, so any thread may read it.

#include <string>

#include "daemon/core/clock.h"

namespace reporterd {

// Names the current boot of the machine; "" if the system does not tell.
std::string this_boot_id();

class SystemClock final : public Clock {
 public:
  // Goes on from the mark that the outbox kept: on the same boot, the time since then counts as
  // observed (also while the service was stopped); after a reboot it goes on where it stood.
  // Observed time never falls behind the mark.
  explicit SystemClock(const ClockMark& stored, const std::string& boot_id = this_boot_id());

  Now now() const override;
  ClockMark mark() const override;

 private:
  Millis ahead_;     // observed time minus the boot-time clock
  ClockMark start_;  // carries the boot id
};

}  // namespace reporterd
