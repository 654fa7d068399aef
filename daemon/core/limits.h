#pragma once
// Fixed limits of the brain, each with its reason. Configurable ones are in settings.h.

#include <cstddef>

#include "daemon/core/time.h"

namespace reporterd {

// Bodies that are leased at once, in flight included: bounds memory (8 MiB under load in all).
inline constexpr std::size_t leased_bytes_max = std::size_t{1} << 20;
// Messages asked for with one lease: enough to keep the loop busy over one commit (~1 ms).
inline constexpr std::size_t lease_limit = 512;
// A network that comes and goes must not turn into a stream of probes.
inline constexpr Millis network_probe_every = std::chrono::minutes(5);
// Three different messages rejected in a row, none ever accepted: it is not the messages.
inline constexpr std::size_t rejections_to_doubt = 3;
// The time of the last success is for people; writing it down once a minute is enough.
inline constexpr Millis remember_success_every = std::chrono::minutes(1);
// A message that is in flight is not expired under its request; look again after this.
inline constexpr Millis expire_again_after = std::chrono::minutes(1);
// Expiry and withdrawal work in slices, so that neither fills the WAL nor stalls the writer.
inline constexpr std::size_t slice = 500;

}  // namespace reporterd
