#pragma once
// The message that reporterd makes itself, and what each of its fields is for.

#include <string>
#include <string_view>
#include <vector>

#include "daemon/collect/butler_config.h"
#include "daemon/collect/host_facts.h"
#include "daemon/core/time.h"

namespace reporterd {

struct ReportContent {
  std::string data;                   // compact JSON of `data`; equal bytes mean "nothing new"
  std::vector<std::string> withheld;  // dotted paths whose value was left out or is "unknown"
};

// Everything of a report but its time. System strings that do not fit their pattern
// (core/message_rules.h) become "unknown". The caller has made sure that reading.state is on, or
// that this is for a preview.
ReportContent report_content(const HostFacts& facts, const ButlerReading& reading,
                             std::string_view instance_id);

// The whole message, compact: {"ts":...,"data":{...}}.
std::string make_report(const HostFacts& facts, const ButlerReading& reading,
                        std::string_view instance_id, WallTime ts);

// Puts the time before a content made earlier.
std::string make_report(const ReportContent& content, WallTime ts);

// One field of the message: where its value comes from and why it is sent. For `preview`.
struct FieldNote {
  std::string path;  // "data.system.id"
  std::string source;
  std::string purpose;
};

// A note for each field of a report of `reading`, in the order of the message.
std::vector<FieldNote> field_notes(const ButlerReading& reading, std::string_view feature_set);

}  // namespace reporterd
