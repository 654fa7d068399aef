#include "daemon/collect/report.h"

#include <algorithm>
#include <utility>

#include "daemon/collect/feature_table.h"
#include "daemon/collect/js_json.h"
#include "daemon/core/message_rules.h"
#include "daemon/core/timestamp.h"

namespace reporterd {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

ReportContent report_content(const HostFacts& facts, const ButlerReading& reading,
                             std::string_view instance_id) {
  ReportContent content;
  const auto checked = [&](const char* path, const std::string& value,
                           bool (*fits)(std::string_view)) {
    if (fits(value)) {
      return value;
    }
    content.withheld.emplace_back(path);
    return std::string("unknown");
  };
  Json data;
  data["service"] = "butler";
  data["serviceVersion"] = checked("serviceVersion", reading.version, is_version);
  Json& system = data["system"];
  system["id"] = instance_id;
  system["arch"] = checked("system.arch", facts.arch, is_system_word);
  system["platform"] = checked("system.platform", facts.platform, is_system_word);
  system["release"] = checked("system.release", facts.release, is_system_text);
  system["distro"] = checked("system.distro", facts.distro, is_system_text);
  system["codename"] = checked("system.codename", facts.codename, is_system_text);
  system["virtual"] = facts.virtual_machine;
  system["nodeVersion"] = checked("system.nodeVersion", reading.node_version, is_version);
  data["enabledFeatures"] = reading.enabled_features;
  content.data = compact_json(data);
  std::ranges::copy(reading.withheld, std::back_inserter(content.withheld));
  return content;
}

std::string make_report(const ReportContent& content, WallTime ts) {
  return R"({"ts":")" + canonical_ts(ts) + R"(","data":)" + content.data + "}";
}

std::string make_report(const HostFacts& facts, const ButlerReading& reading,
                        std::string_view instance_id, WallTime ts) {
  return make_report(report_content(facts, reading, instance_id), ts);
}

std::vector<FieldNote> field_notes(const ButlerReading& reading, std::string_view feature_set) {
  std::vector<FieldNote> notes = {
      {"ts", "the clock", "tells messages apart and orders them"},
      {"data.service", "constant", "says which program this is about"},
      {"data.serviceVersion", "reporterd.yaml, package.json or Butler's log",
       "shows which versions are in use"},
      {"data.system.id", "HMAC-SHA256 of MAC, IPv4, Sense host and system UUID; kept once made",
       "counts installations without naming them"},
      {"data.system.arch", "the operating system", "shows what to build for"},
      {"data.system.platform", "the operating system", "shows what to build for"},
      {"data.system.release", "the operating system", "shows which releases to test on"},
      {"data.system.distro", "the operating system", "shows which systems to test on"},
      {"data.system.codename", "the operating system", "shows which releases to test on"},
      {"data.system.virtual", "firmware and processor", "shows whether machines are virtual"},
      {"data.system.nodeVersion", "reporterd.yaml or Butler's log",
       "shows which Node versions to support"},
  };
  const auto names_in = [&](const char* part) {
    std::vector<std::string> names;
    if (const auto& found = reading.enabled_features.value(part, Json::object());
        found.is_object()) {
      for (const auto& [name, value] : found.items()) {
        names.push_back(name);
      }
    }
    return names;
  };
  for (const std::string& name : names_in("api")) {
    notes.push_back({"data.enabledFeatures.api." + name,
                     "Butler." + std::string(api_key) + "." + name,
                     "shows which endpoints are in use"});
  }
  for (const std::string& name : names_in("feature")) {
    const auto row = std::ranges::find(feature_table, name, &FeatureRow::flag);
    const auto key = row == feature_table.end() ? std::string_view() : key_of(*row, feature_set);
    notes.push_back({"data.enabledFeatures.feature." + name, "Butler." + std::string(key),
                     "shows which features are in use"});
  }
  return notes;
}

}  // namespace reporterd
