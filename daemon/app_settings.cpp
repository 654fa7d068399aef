#include "daemon/app_settings.h"

#include <fmt/format.h>

#include <fstream>
#include <utility>

#include "version.h"

namespace reporterd {
namespace {

constexpr std::size_t secret_bytes_max = 64U << 10;

// One line of a secret file, without the line end.
Result<std::string> read_secret(const char* key, const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text(secret_bytes_max, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.eof() || in.bad() || in.gcount() == 0) {
    return fail(ErrorCode::config, fmt::format("{}: {} cannot be read, is empty or too large; it "
                                               "must hold one line that the service may read",
                                               key, file));
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) {
    text.pop_back();
  }
  if (text.empty() || text.find_first_of("\r\n\0") != std::string::npos) {
    return fail(ErrorCode::config, fmt::format("{}: {} must hold exactly one line", key, file));
  }
  return text;
}

std::string user_agent() {
  return fmt::format("reporterd/{}", version);
}

}  // namespace

Result<Secrets> read_secrets(const DestinationConfig& config) {
  Secrets secrets;
  if (!config.function_key_file.empty()) {
    auto key = read_secret("destination.functionKeyFile", config.function_key_file);
    if (!key) {
      return std::unexpected(key.error());
    }
    secrets.function_key = std::move(*key);
  }
  if (!config.proxy_credentials_file.empty()) {
    auto text = read_secret("destination.proxyCredentialsFile", config.proxy_credentials_file);
    if (!text) {
      return std::unexpected(text.error());
    }
    secrets.proxy_credentials = std::move(*text);
  }
  return secrets;
}

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
