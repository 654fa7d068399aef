#pragma once
// The configuration as each part wants it, with the secrets that it only names.

#include <optional>
#include <string>

#include "daemon/config.h"
#include "daemon/core/result.h"
#include "daemon/core/settings.h"
#include "daemon/destination/http_destination.h"
#include "daemon/io/curl_transport.h"
#include "daemon/io/log.h"
#include "store/sqlite_outbox.h"

namespace reporterd {

// What the destination needs from secret files, read apart so that a change is noticed.
struct Secrets {
  std::optional<std::string> function_key;
  std::string proxy_credentials;
  friend bool operator==(const Secrets&, const Secrets&) = default;
};

// Reads the files that hold secrets. Error: config, naming key and file.
Result<Secrets> read_secrets(const DestinationConfig& config);

spdlog::level::level_enum level_of(LogLevel level);
LogSettings log_settings(const LogConfig& config);
StoreSettings store_settings(const Config& config);
DeliverySettings delivery_settings(const Config& config);
HttpSettings http_settings(const DestinationConfig& config, const Secrets& secrets);
TransportSettings transport_settings(const DestinationConfig& config, const Secrets& secrets,
                                     const LimitsConfig& limits);

}  // namespace reporterd
