#include "ctl/offline.h"

#include <chrono>
#include <utility>

#include "daemon/control/answers.h"
#include "daemon/preview.h"

namespace reporterd::ctl {
namespace {

using Json = nlohmann::ordered_json;

WallTime wall_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto us = std::chrono::duration_cast<Micros>(now).count();
  return wall_at(us / 1000 * 1000);
}

}  // namespace

Result<Json> offline_preview(const std::string& config_file) {
  const auto config = load_config(config_file);
  if (!config) {
    return std::unexpected(config.error());
  }
  const Consent service = service_consent(config->telemetry);
  const HostFacts facts = host_facts(read_host_inputs());
  Preview preview;
  for (std::size_t i = 0; i < config->butlers.size(); ++i) {
    const ButlerConfig& butler = config->butlers[i];
    const Consent consent = consent_of_butler(service, config->telemetry.follow_butler,
                                              own_consent(read_butler(butler)));
    preview.butlers.push_back(
        preview_of({i + 1, butler.config_file}, butler, consent, facts, std::nullopt, wall_now()));
  }
  return Json::parse(to_json(preview));
}

Result<Json> offline_id(const std::string& config_file) {
  const auto config = load_config(config_file);
  if (!config) {
    return std::unexpected(config.error());
  }
  const HostFacts facts = host_facts(read_host_inputs());
  IdReport report;
  for (std::size_t i = 0; i < config->butlers.size(); ++i) {
    const ButlerConfig& butler = config->butlers[i];
    report.butlers.push_back(ids_of({i + 1, butler.config_file}, butler, facts, std::nullopt));
  }
  return Json::parse(to_json(report));
}

Result<Json> offline_config_check(const std::string& config_file) {
  const auto config = load_config(config_file);
  if (!config) {
    return std::unexpected(config.error());
  }
  return Json::parse(to_json(ConfigChecked{config_file, {}}));
}

}  // namespace reporterd::ctl
