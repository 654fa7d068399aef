#include "ctl/offline.h"

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "daemon/config_files.h"
#include "daemon/control/answers.h"
#include "daemon/core/flight_segment.h"
#include "daemon/core/timestamp.h"
#include "daemon/doctor.h"
#include "daemon/path.h"
#include "daemon/preview.h"
#include "store/kept_state.h"

namespace reporterd::ctl {
namespace {

// More than a segment of the flight record ever has.
constexpr std::streamsize flight_bytes_most = 4 << 20;

using Json = nlohmann::ordered_json;

WallTime wall_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto us = std::chrono::duration_cast<Micros>(now).count();
  return wall_at(us / 1000 * 1000);
}

struct Kept {
  IdRecords ids;
  std::string why_none = "none is kept";  // for an id that is not among them
  bool readable = true;
};

Kept read_kept_ids(const std::string& state_dir) {
  Kept kept;
  const auto state = read_kept_state(outbox_file(state_dir));
  if (!state) {
    kept.readable = state.error().code == ErrorCode::not_found;
    kept.why_none = state.error().code == ErrorCode::locked
                        ? "the kept id cannot be read: reporterd runs; ask it, without --config"
                    : kept.readable ? "none is kept: " + state.error().what
                                    : "the kept id cannot be read: " + state.error().what;
    return kept;
  }
  kept.ids = id_records(*state);
  return kept;
}

}  // namespace

Result<Json> offline_preview(const std::string& config_file, const std::string& state_dir) {
  const auto config = load_config(config_file);
  if (!config) {
    return std::unexpected(config.error());
  }
  const Consent service = service_consent(config->telemetry);
  const HostFacts facts = host_facts(read_host_inputs());
  const Kept kept = read_kept_ids(state_dir);
  Preview preview;
  for (std::size_t i = 0; i < config->butlers.size(); ++i) {
    const ButlerConfig& butler = config->butlers[i];
    const Consent consent = consent_of_butler(service, config->telemetry.follow_butler,
                                              own_consent(read_butler(butler)));
    const auto found = kept.ids.find(butler.config_file);
    const auto id = found == kept.ids.end() ? std::nullopt : std::optional(found->second);
    preview.butlers.push_back(
        preview_of({i + 1, butler.config_file}, butler, consent, facts, id, wall_now()));
    if (!kept.readable && preview.butlers.back().message) {
      preview.butlers.back().warnings.push_back(
          kept.why_none + "; the message has the id that this host gives now");
    }
  }
  return Json::parse(to_json(preview));
}

Result<Json> offline_id(const std::string& config_file, const std::string& state_dir) {
  const auto config = load_config(config_file);
  if (!config) {
    return std::unexpected(config.error());
  }
  const Kept kept = read_kept_ids(state_dir);
  return Json::parse(
      to_json(id_report(config->butlers, host_facts(read_host_inputs()), kept.ids, kept.why_none)));
}

Result<Json> offline_config_check(const std::string& config_file) {
  const auto config = load_config(config_file);
  if (!config) {
    return std::unexpected(config.error());
  }
  if (const auto read = read_named_files(*config, service_consent(config->telemetry)); !read) {
    return std::unexpected(read.error());
  }
  return Json::parse(to_json(ConfigChecked{config_file, butler_problems(*config)}));
}

Result<Json> offline_doctor(const std::string& config_file, const std::string& state_dir,
                            const std::string& why_down, bool repair) {
  const Finding service =
      why_down.empty() ? Finding{"service", Finding::Level::warning, "not asked, as you wished"}
                       : Finding{"service", Finding::Level::problem, why_down};
  return Json::parse(
      to_json(diagnose_offline(service, config_file, state_dir, repair, wall_now())));
}

Result<Json> offline_config(const std::string& config_file) {
  const auto config = load_config(config_file);
  if (!config) {
    return std::unexpected(config.error());
  }
  return Json::parse(to_json(ConfigShown{config_file, yaml_without_secrets(*config)}));
}

Result<std::string> offline_flight(const std::string& state_dir) {
  std::array<std::string, flight_file_names.size()> segments;
  bool any = false;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    // Root may ask, and the folder is the service's: nothing but a file of a bounded size is read.
    const auto name = path_of(state_dir + "/" + std::string(flight_file_names[i]));
    std::error_code error;
    if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(name, error))) {
      continue;
    }
    std::ifstream file(name, std::ios::binary);
    segments[i].resize(flight_bytes_most);
    file.read(segments[i].data(), flight_bytes_most);
    segments[i].resize(static_cast<std::size_t>(file.gcount()));
    any |= !segments[i].empty();
  }
  if (!any) {
    return fail(ErrorCode::not_found,
                "no flight record can be read in " + state_dir + " (is it there, and yours?)");
  }
  return flight_text(segments[0], segments[1]);
}

std::string offline_system() {
  const HostFacts facts = host_facts(read_host_inputs());
  return facts.distro + " " + facts.release + " (" + facts.codename + "), " + facts.platform + " " +
         facts.arch + (facts.virtual_machine ? ", virtual" : "");
}

std::string offline_now() {
  return canonical_ts(wall_now());
}

}  // namespace reporterd::ctl
