#include "daemon/preview.h"

#include <cstdlib>
#include <string_view>

#include "daemon/collect/instance_id.h"
#include "daemon/collect/report.h"

namespace reporterd {

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

ButlerIds ids_of(const ButlerName& name, const ButlerConfig& config, const HostFacts& facts,
                 const std::optional<IdRecord>& id) {
  ButlerIds ids;
  ids.butler = name;
  if (id) {
    ids.instance_id = id->current.id;
    ids.why = "made from this machine's " + id->current.branch + ", and kept";
    for (const SeenId& earlier : id->earlier) {
      ids.earlier.push_back(earlier.id);
    }
  }
  const ButlerReading reading = read_butler(config);
  if (reading.state == ButlerReading::State::unknown) {
    if (!id) {
      ids.why = reading.why;
    }
    return ids;
  }
  const InstanceId computed = compute_instance_id(facts, reading.qrs_host);
  if (computed.id != ids.instance_id) {
    ids.recomputed = computed.id;
  }
  if (!id) {
    ids.why = "none is in use; recomputed is what this machine's " + computed.branch + " gives now";
  }
  return ids;
}

}  // namespace reporterd
