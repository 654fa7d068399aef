#pragma once
// The Windows Event Log: its source `reporterd` gets one entry for each change of state.

#include <spdlog/common.h>

#include <cstdint>
#include <functional>
#include <string>

#include "daemon/notable.h"
#include "windows-service/windows_error.h"

namespace reporterd {

struct EventEntry {
  std::uint32_t id = 0;    // as messages.mc has it
  std::uint16_t type = 0;  // EVENTLOG_ERROR_TYPE, ...
  std::string text = {};

  friend bool operator==(const EventEntry&, const EventEntry&) = default;
};

EventEntry event_of(Notable what, std::string text);

// As much of it as an entry holds.
std::wstring entry_text(const std::string& text);

using WriteEvent = std::function<void(const EventEntry&)>;

// Writes under our source, as long as it lives. Nothing is written where the system refuses.
WriteEvent event_log();

// Hands on lines that are marked (daemon/notable.h), warnings and errors. Thread-safe.
spdlog::sink_ptr event_log_sink(WriteEvent write);

// Tells the system that `program` holds the texts of our entries; again is fine, and false.
WindowsResult<bool> add_event_source(const std::string& program);
// None there is fine.
WindowsStatus remove_event_source();

}  // namespace reporterd
