#pragma once
// What reporterctl can do by itself, with the service down and telemetry off: it reads the
// configuration and this host as the service would. The results have the same form as the answers
// of the methods preview, id.show and config.check.

#include <nlohmann/json.hpp>
#include <string>

#include "daemon/core/result.h"

namespace reporterd::ctl {

// The ids that the service keeps are read from the outbox in `state_dir`, and left as they are.
// When they cannot be (none is there yet, a service runs, no permission), the answer says why and
// holds what this host gives now.
Result<nlohmann::ordered_json> offline_preview(const std::string& config_file,
                                               const std::string& state_dir);
Result<nlohmann::ordered_json> offline_id(const std::string& config_file,
                                          const std::string& state_dir);

Result<nlohmann::ordered_json> offline_config_check(const std::string& config_file);

// `why_down`: why the service did not answer; "": it was not asked. `repair` mends what can be
// mended without it.
Result<nlohmann::ordered_json> offline_doctor(const std::string& config_file,
                                              const std::string& state_dir,
                                              const std::string& why_down, bool repair);

// As the method config.show: what the file says, read now, secrets apart.
Result<nlohmann::ordered_json> offline_config(const std::string& config_file);
// The flight record as the service left it in `state_dir`.
Result<std::string> offline_flight(const std::string& state_dir);
// This machine in one line: "Debian GNU/Linux 12 (bookworm), linux x64".
std::string offline_system();
// The calendar's time, as in messages.
std::string offline_now();

}  // namespace reporterd::ctl
