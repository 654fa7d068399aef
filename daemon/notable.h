#pragma once
// Which log lines tell of a change of state that somebody may want to hear of apart from the log:
// they are marked, and a sink (that of the Windows Event Log) finds them by their mark.

#include <spdlog/common.h>

namespace reporterd {

// The numbers are for people's filters: they stay (windows-service/messages.mc).
enum class Notable {
  started = 1,
  stopped = 2,
  configuration_read = 3,
  condition_changed = 4,
  endpoint_back = 10,
  endpoint_unreachable = 11,
  endpoint_refuses_us = 12,
  disk_full = 20,
  disk_has_space = 21,
  outbox_fails = 22,
  outbox_works = 23,
  outbox_damaged = 24,
  start_failed = 30,
  configuration_wrong = 31,
  other_warning = 90,
  other_error = 91,
};

// The first argument of logger::log(); what all other sinks write stays the same.
inline spdlog::source_loc mark(Notable what) {
  return {"", static_cast<int>(what), ""};
}

}  // namespace reporterd
