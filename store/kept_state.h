#pragma once
// A look at what the service keeps under names (Outbox::put) while no service runs.

#include <map>
#include <string>

#include "daemon/core/result.h"

namespace reporterd {

using KeptState = std::map<std::string, std::string>;

// Reads all of it from the outbox's file, and leaves the file and its WAL as they are. The file is
// locked meanwhile, as a service would lock it. Errors: not_found (there is no outbox), locked (a
// service uses it), invalid (not an outbox), newer_version, corrupt, io.
Result<KeptState> read_kept_state(const std::string& path);

}  // namespace reporterd
