#pragma once
// The files that the configuration names, looked at before anything depends on them: what is wrong
// with one is told at once, by its key, and not at the first delivery.

#include <optional>
#include <string>

#include "daemon/config.h"
#include "daemon/core/result.h"

namespace reporterd {

// What the destination needs from secret files, read apart so that a change is noticed.
struct Secrets {
  std::optional<std::string> function_key;
  std::string proxy_credentials;
  friend bool operator==(const Secrets&, const Secrets&) = default;
};

// Reads the files that hold secrets, and sees that certificates and keys are such and fit together.
// Error: config, one line that names key and file; never what stands in it.
Result<Secrets> read_destination_files(const DestinationConfig& config);

// The same, as far as telemetry is enabled: an owner's "off" needs no key. And sees that the log's
// folder is there and the log a file.
Result<Secrets> read_named_files(const Config& config);

}  // namespace reporterd
