#include "daemon/app_settings.h"

#include <fmt/format.h>

#include "version.h"

namespace reporterd {
namespace {

std::string user_agent() {
  return fmt::format("reporterd/{}", version);
}

}  // namespace

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

LogSettings log_settings(const LogConfig& config) {
  return {level_of(config.level), config.file, config.max_bytes, config.files};
}

StoreSettings store_settings(const Config& config) {
  StoreSettings settings;
  settings.max_bytes = config.outbox.max_bytes;
  settings.max_message_bytes = config.outbox.max_message_bytes;
  settings.history_keep = config.history.keep;
  settings.history_bytes = config.history.max_bytes;
  settings.key_bytes = config.limits.key_bytes;
  return settings;
}

DeliverySettings delivery_settings(const Config& config) {
  DeliverySettings settings;
  settings.retry = config.retry;
  settings.in_flight = config.destination.in_flight;
  settings.batch = config.destination.batch;
  settings.max_age = config.outbox.max_age;
  return settings;
}

HttpSettings http_settings(const DestinationConfig& config, const Secrets& secrets) {
  HttpSettings settings;
  settings.url = config.url;
  settings.data_only = config.body == BodyForm::data;
  settings.batch = config.batch;
  settings.user_agent = user_agent();
  settings.function_key = secrets.function_key;
  return settings;
}

TransportSettings transport_settings(const DestinationConfig& config, const Secrets& secrets,
                                     const LimitsConfig& limits) {
  TransportSettings settings;
  settings.connect_timeout = config.connect_timeout;
  settings.timeout = config.timeout;
  settings.response_bytes = limits.response_bytes;
  settings.ca_file = config.ca_file;
  settings.client_certificate_file = config.client_certificate_file;
  settings.client_key_file = config.client_key_file;
  settings.proxy = config.proxy;
  settings.proxy_credentials = secrets.proxy_credentials;
  settings.no_proxy = config.no_proxy;
  settings.connections = config.in_flight;
  settings.user_agent = user_agent();
  return settings;
}

}  // namespace reporterd
