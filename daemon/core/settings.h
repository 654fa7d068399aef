#pragma once
// The numbers that the brain works with. Defaults are the documented ones (docs: reporterd.yaml).

#include <cstddef>

#include "daemon/core/time.h"

namespace reporterd {

struct RetrySettings {
  Millis base = std::chrono::seconds(60);         // first wait is base/2 .. base
  Millis cap = std::chrono::hours(6);             // no wait of ours is longer
  Millis message_base = std::chrono::seconds(1);  // the same for one message's own failures
  int failures_to_back_off = 5;                   // different messages failing in a row
  Millis network_back_within = std::chrono::seconds(5);
  Millis retry_after_max = std::chrono::hours(24);
  bool spread_retry_after = true;  // add U(0, max(30 s, itself))
  friend bool operator==(const RetrySettings&, const RetrySettings&) = default;
};

struct DeliverySettings {
  RetrySettings retry;
  std::size_t in_flight = 8;  // requests at once
  std::size_t batch = 1;      // messages in a request
  Millis max_age = std::chrono::hours(24 * 400);
};

struct ReportSettings {
  Millis interval = std::chrono::hours(12);
  Millis start_spread = std::chrono::minutes(15);
  friend bool operator==(const ReportSettings&, const ReportSettings&) = default;
};

}  // namespace reporterd
