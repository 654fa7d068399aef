#pragma once
// How long to wait: pure arithmetic, no state.

#include <optional>

#include "daemon/core/entropy.h"
#include "daemon/core/settings.h"
#include "daemon/core/time.h"

namespace reporterd {

// Equal jitter: e/2 + U(0, e/2) with e = min(cap, base * 2^failures). Without jitter a fleet of a
// million instances never drains after a day's outage; with this and a cap of 6 h the receiver sees
// 95 requests/s at the peak and is drained within one cap (simulated, docs/performance.md).
Millis equal_jitter(Millis base, Millis cap, int failures, Entropy& entropy);

// The least wait that a Retry-After of `asked` means: clamped to 1 s .. retry_after_max.
Millis retry_after_least(Millis asked, const RetrySettings& settings);

// The wait itself: the least one, spread by U(0, max(30 s, itself)), because a fleet that is given
// one number would come back at one moment.
Millis retry_after_wait(Millis asked, const RetrySettings& settings, Entropy& entropy);

}  // namespace reporterd
