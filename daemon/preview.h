#pragma once
// What would be reported and under which id, for an owner who wants to look: asked of the running
// service, or made by reporterctl alone. Reads Butler's files anew; sends and stores nothing.

#include <optional>
#include <string>
#include <vector>

#include "daemon/collect/butler_config.h"
#include "daemon/collect/host_facts.h"
#include "daemon/collect/id_record.h"
#include "daemon/config.h"
#include "daemon/control/service.h"
#include "daemon/core/consent.h"

namespace reporterd {

// The report that would be made of this Butler, under its id in use, or the one this host gives.
ButlerPreview preview_of(const ButlerName& name, const ButlerConfig& config, const Consent& consent,
                         const HostFacts& facts, const std::optional<IdRecord>& id, WallTime ts);

// Of each Butler, and of the host itself when its id is known or no Butler is configured: the id in
// use, what this host gives now, and every earlier one. `why_none` tells why an id is not in
// `kept`.
IdReport id_report(const std::vector<ButlerConfig>& butlers, const HostFacts& facts,
                   const IdRecords& kept, const std::string& why_none);

// What the configuration and the environment variable DO_NOT_TRACK say about consent.
Consent service_consent(const TelemetryConfig& config);

// What a Butler's own configuration says about consent.
Consent own_consent(const ButlerReading& reading);

}  // namespace reporterd
