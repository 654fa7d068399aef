#pragma once
// When the next report of one Butler is due. Kept in observed time, so it survives restarts and
// does not care for wall-clock steps.

#include <optional>
#include <string>

#include "daemon/core/settings.h"
#include "daemon/core/time.h"

namespace reporterd {

// The last report that was made, as it is kept in the outbox.
struct ReportMark {
  Instant made;
  WallTime ts;              // its `ts`
  std::string content_sha;  // of what it said, `ts` apart
  friend bool operator==(const ReportMark&, const ReportMark&) = default;
};

std::string to_json(const ReportMark& mark);
std::optional<ReportMark> mark_from_json(const std::optional<std::string>& json);

// When the first report after a start is due. One is owed at start (spread by `spread`, so that a
// fleet that boots together does not report together) when none was made within the interval, or
// when what it would say has changed. Observed time stands still while the machine is off; the
// calendar is asked as well there: a wrong one costs one report too many, never one too few.
Instant first_report_due(const std::optional<ReportMark>& last, const std::string& content_sha,
                         Now start, const ReportSettings& settings, Millis spread);

// `ts` of the next report: now, or the first free millisecond after the last one.
WallTime next_ts(const std::optional<ReportMark>& last, WallTime now);

}  // namespace reporterd
