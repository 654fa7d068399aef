#include "daemon/core/backoff.h"

#include <algorithm>

namespace reporterd {

Millis equal_jitter(Millis base, Millis cap, int failures, Entropy& entropy) {
  Millis most = std::min(base, cap);
  for (int i = 0; i < failures && most < cap; ++i) {
    most = most > cap / 2 ? cap : most * 2;
  }
  const Millis half = most / 2;
  return half + draw_up_to(entropy, most - half);
}

Millis retry_after_least(Millis asked, const RetrySettings& settings) {
  const Millis least = std::min<Millis>(std::chrono::seconds(1), settings.retry_after_max);
  return std::clamp(asked, least, settings.retry_after_max);
}

Millis retry_after_wait(Millis asked, const RetrySettings& settings, Entropy& entropy) {
  const Millis wait = retry_after_least(asked, settings);
  if (!settings.spread_retry_after) {
    return wait;
  }
  return wait + draw_up_to(entropy, std::max<Millis>(std::chrono::seconds(30), wait));
}

}  // namespace reporterd
