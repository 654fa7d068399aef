#pragma once
// The configuration as each part wants it, with the secrets that it only names.

#include <optional>
#include <string>

#include "daemon/config.h"
#include "daemon/config_files.h"
#include "daemon/core/settings.h"
#include "daemon/destination/http_destination.h"
#include "daemon/io/curl_transport.h"
#include "daemon/io/log.h"
#include "store/sqlite_outbox.h"

namespace reporterd {

spdlog::level::level_enum level_of(LogLevel level);
LogSettings log_settings(const LogConfig& config);
StoreSettings store_settings(const Config& config);
DeliverySettings delivery_settings(const Config& config);
HttpSettings http_settings(const DestinationConfig& config, const Secrets& secrets);
TransportSettings transport_settings(const DestinationConfig& config, const Secrets& secrets,
                                     const LimitsConfig& limits);

}  // namespace reporterd
