#include "daemon/core/report_plan.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace reporterd {

using nlohmann::json;

std::string to_json(const ReportMark& mark) {
  return json{{"made", to_ms(mark.made)}, {"ts", to_us(mark.ts)}, {"content", mark.content_sha}}
      .dump();
}

std::optional<ReportMark> mark_from_json(const std::optional<std::string>& text) {
  if (!text) {
    return std::nullopt;
  }
  const json object = json::parse(*text, nullptr, false);
  try {
    return ReportMark{instant_at(object.at("made").get<std::int64_t>()),
                      wall_at(object.at("ts").get<std::int64_t>()),
                      object.at("content").get<std::string>()};
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

Instant first_report_due(const std::optional<ReportMark>& last, const std::string& content_sha,
                         Now start, const ReportSettings& settings, Millis spread) {
  if (!last || last->content_sha != content_sha) {
    return start.observed + spread;
  }
  const bool overdue_by_calendar = start.wall - last->ts >= settings.interval;
  if (overdue_by_calendar || start.observed - last->made >= settings.interval) {
    return start.observed + spread;
  }
  return last->made + settings.interval;
}

WallTime next_ts(const std::optional<ReportMark>& last, WallTime now) {
  const WallTime whole = wall_at(to_us(now) / 1000 * 1000);
  return last ? std::max(whole, last->ts + Millis(1)) : whole;
}

}  // namespace reporterd
