#pragma once
// The files that the configuration names, looked at before anything depends on them: what is wrong
// with one is told at once, by its key, and not at the first delivery.

#include <optional>
#include <string>

#include "daemon/config.h"
#include "daemon/core/consent.h"
#include "daemon/core/result.h"

namespace reporterd {

// What the destination needs from secret files, read apart so that a change is noticed.
struct Secrets {
  std::optional<std::string> function_key;
  std::string proxy_credentials;
  friend bool operator==(const Secrets&, const Secrets&) = default;
};

// Errors of all of them: config, one line that names key and file; never what stands in it,
// nor the name of a secret's file that is not there.

// A name, but of nothing: perhaps somebody wrote a secret where the name of its file belongs.
bool names_no_file(const std::string& name);
// The files that hold secrets.
Result<Secrets> read_secrets(const DestinationConfig& config);
// These, and sees that certificates and keys are such and fit together.
Result<Secrets> read_destination_files(const DestinationConfig& config);

// The log's folder is there, and the log is a regular file that can be written, or none yet.
Status check_log_file(const LogConfig& config);

// All of this, while consent is on: an owner's "off" needs neither key nor log. The one rule of a
// start, a reload and every check: what one of them takes, all take.
Result<Secrets> read_named_files(const Config& config, const Consent& consent);

}  // namespace reporterd
