#pragma once
// Consent: on or off, and which layer decided. Off from any layer wins.

#include <optional>
#include <string>
#include <string_view>

namespace reporterd {

enum class Decision { on, off, unknown };  // unknown: held, not sent, until it can be read
std::string_view name_of(Decision decision);

struct Consent {
  Decision decision = Decision::on;
  std::string layer;  // "DO_NOT_TRACK", "telemetry.enabled", "Butler.anonTelemetry", ...
  std::string why;    // one line for people
  friend bool operator==(const Consent&, const Consent&) = default;
};

// For the whole service. `do_not_track`: the environment variable, absent when not set; it switches
// off when it is set to anything but empty, 0 or false.
Consent consent_of_service(bool telemetry_enabled, std::optional<std::string_view> do_not_track);

// For one Butler. `own` is what its own configuration says (its layer and reason); it counts only
// with telemetry.followButler.
Consent consent_of_butler(const Consent& service, bool follow_butler, const Consent& own);

}  // namespace reporterd
