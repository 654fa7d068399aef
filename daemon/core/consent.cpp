#include "daemon/core/consent.h"

#include <algorithm>

#include "daemon/core/letters.h"

namespace reporterd {
namespace {

bool says_no(std::string_view do_not_track) {
  constexpr std::string_view no = "false";
  return !do_not_track.empty() && do_not_track != "0" &&
         !std::ranges::equal(do_not_track, no, same_letter);
}

}  // namespace

Consent consent_of_service(bool telemetry_enabled, std::optional<std::string_view> do_not_track) {
  if (do_not_track && says_no(*do_not_track)) {
    return {Decision::off, "DO_NOT_TRACK", "the environment variable DO_NOT_TRACK is set"};
  }
  if (!telemetry_enabled) {
    return {Decision::off, "telemetry.enabled", "telemetry.enabled is false"};
  }
  return {Decision::on, "telemetry.enabled", "telemetry.enabled is true"};
}

Consent consent_of_butler(const Consent& service, bool follow_butler, const Consent& own) {
  if (service.decision == Decision::off) {
    return service;
  }
  if (!follow_butler) {
    return {Decision::on, "telemetry.followButler",
            "telemetry.followButler is false: the Butler's own switch is not asked"};
  }
  return own;
}

}  // namespace reporterd
