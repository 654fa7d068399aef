#include "daemon/preview.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "daemon/collect/instance_id.h"
#include "daemon/collect/report.h"

namespace reporterd {
namespace {

ButlerIds kept_ids(ButlerName name, const IdRecords& kept) {
  ButlerIds ids;
  ids.butler = std::move(name);
  if (const auto found = kept.find(ids.butler.file); found != kept.end()) {
    const IdRecord& record = found->second;
    ids.instance_id = record.current.id;
    ids.why = "made from this machine's " + record.current.branch + ", and kept";
    for (const SeenId& earlier : record.earlier) {
      ids.earlier.push_back(earlier.id);
    }
  }
  return ids;
}

void compare(ButlerIds& ids, const InstanceId& computed, const std::string& why_none) {
  if (computed.id != ids.instance_id) {
    ids.recomputed = computed.id;
  }
  if (ids.instance_id.empty()) {
    ids.why = why_none + "; recomputed is what this machine's " + computed.branch + " gives now";
  }
}

}  // namespace

Consent service_consent(const TelemetryConfig& config) {
  const char* text = std::getenv("DO_NOT_TRACK");  // NOLINT(concurrency-mt-unsafe): never set here
  return consent_of_service(config.enabled,
                            text == nullptr ? std::nullopt : std::optional<std::string_view>(text));
}

Consent own_consent(const ButlerReading& reading) {
  switch (reading.state) {
    case ButlerReading::State::on:
      return {Decision::on, "Butler.anonTelemetry", "Butler's own switch is on"};
    case ButlerReading::State::off:
      return {Decision::off, "Butler.anonTelemetry", reading.why};
    case ButlerReading::State::unknown:
      return {Decision::unknown, "Butler's configuration", reading.why};
  }
  return {};
}

ButlerPreview preview_of(const ButlerName& name, const ButlerConfig& config, const Consent& consent,
                         const HostFacts& facts, const std::optional<IdRecord>& id, WallTime ts) {
  const ButlerReading reading = read_butler(config);
  ButlerPreview preview;
  preview.butler = name;
  preview.consent = consent.decision;
  preview.warnings = reading.warnings;
  if (reading.state == ButlerReading::State::unknown) {
    preview.why_not = reading.why;
    preview.withheld = reading.withheld;
    return preview;
  }
  const ReportContent content = report_content(
      facts, reading, id ? id->current.id : compute_instance_id(facts, reading.qrs_host).id);
  preview.withheld = content.withheld;
  preview.message = make_report(content, ts);
  for (const FieldNote& note : field_notes(reading, config.feature_set)) {
    preview.notes.push_back({note.path, note.source + "; " + note.purpose});
  }
  return preview;
}

IdReport id_report(const std::vector<ButlerConfig>& butlers, const HostFacts& facts,
                   const IdRecords& kept, const std::string& why_none) {
  IdReport report;
  for (std::size_t i = 0; i < butlers.size(); ++i) {
    const std::string& file = butlers[i].config_file;
    const ButlerReading reading = read_butler(butlers[i]);
    ButlerIds ids = kept_ids({i + 1, file}, kept);
    if (reading.state != ButlerReading::State::unknown) {
      compare(ids, compute_instance_id(facts, reading.qrs_host), why_none);
    } else if (ids.instance_id.empty()) {
      ids.why = why_none + "; " + reading.why;
    }
    report.butlers.push_back(std::move(ids));
  }
  for (const auto& [file, record] : kept) {
    const bool configured = std::ranges::any_of(
        butlers, [&](const ButlerConfig& butler) { return butler.config_file == file; });
    if (!configured && !file.empty()) {
      report.butlers.push_back(kept_ids({0, file}, kept));
      report.butlers.back().why = "no longer configured; data may be stored under its ids";
    }
  }
  if (butlers.empty() || kept.contains("")) {
    report.butlers.push_back(kept_ids({0, ""}, kept));
    compare(report.butlers.back(), compute_instance_id(facts, ""), why_none);
  }
  return report;
}

}  // namespace reporterd
