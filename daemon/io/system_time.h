#pragma once
// The clocks of the machine, as the system tells them. Internal to io/; any thread.

#include "daemon/core/time.h"

namespace reporterd {

Micros wall_clock();  // since 1970
// Since the machine was started, with the time slept; deaf to steps of the wall clock.
Micros since_boot();
// The same without the time slept.
Micros awake();

}  // namespace reporterd
