#pragma once
// reporterd.yaml: YAML text -> Config, or an error that names file, line, key and what is allowed.
// Every key, its default and its range stand in docs/reporterd.yaml, the commented sample; a test
// holds the sample against these defaults.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/result.h"
#include "daemon/core/settings.h"
#include "daemon/core/time.h"
#include "daemon/path.h"

namespace reporterd {

inline std::string outbox_file(const std::string& state_dir) {
  return name_of(path_of(state_dir) / "outbox.db");
}

struct TelemetryConfig {
  bool enabled = true;
  bool follow_butler = true;
  Millis notice_period = std::chrono::hours(24);
  friend bool operator==(const TelemetryConfig&, const TelemetryConfig&) = default;
};

struct ButlerConfig {
  std::string config_file;
  std::string version = "auto";
  std::string node_version = "auto";
  std::string feature_set = "5.1";  // "5.1" or "7.3"
  friend bool operator==(const ButlerConfig&, const ButlerConfig&) = default;
};

enum class BodyForm { envelope, data };

struct DestinationConfig {
  std::string type = "http";
  std::string url;  // "" : nowhere to send yet
  BodyForm body = BodyForm::envelope;
  std::size_t batch = 1;
  std::size_t in_flight = 8;
  Millis connect_timeout = std::chrono::seconds(10);
  Millis timeout = std::chrono::seconds(60);
  std::string ca_file;
  std::string client_certificate_file;
  std::string client_key_file;
  std::string proxy;
  std::string proxy_credentials_file;  // one line, user:password
  std::string no_proxy;
  std::string function_key_file;
  friend bool operator==(const DestinationConfig&, const DestinationConfig&) = default;
};

struct OutboxConfig {
  std::size_t max_bytes = 64U << 20;
  Millis max_age = std::chrono::hours(24 * 400);
  std::size_t max_message_bytes = 64U << 10;
  friend bool operator==(const OutboxConfig&, const OutboxConfig&) = default;
};

struct HistoryConfig {
  Millis keep = std::chrono::hours(24 * 90);
  std::size_t max_bytes = 16U << 20;
  friend bool operator==(const HistoryConfig&, const HistoryConfig&) = default;
};

struct LimitsConfig {
  std::size_t line_bytes = 256U << 10;
  std::size_t connections = 64;
  std::size_t unanswered = 1024;
  std::size_t response_bytes = 1U << 20;
  std::size_t key_bytes = 16U << 20;
  friend bool operator==(const LimitsConfig&, const LimitsConfig&) = default;
};

enum class LogLevel { debug, info, warn, error };

struct LogConfig {
  LogLevel level = LogLevel::info;
  std::string file;  // "" : stderr
  std::size_t max_bytes = 10U << 20;
  std::size_t files = 5;
  friend bool operator==(const LogConfig&, const LogConfig&) = default;
};

struct Config {
  TelemetryConfig telemetry;
  std::vector<ButlerConfig> butlers;
  ReportSettings report;
  DestinationConfig destination;
  RetrySettings retry;
  OutboxConfig outbox;
  HistoryConfig history;
  LimitsConfig limits;
  LogConfig log;
  friend bool operator==(const Config&, const Config&) = default;
};

// Parses configuration text; `file` only names it in errors. Relative file names in it are taken
// from the folder of `file`. Errors: ErrorCode::config, all of one line:
// "FILE:LINE: KEY: what is wrong; allowed: ...", without a line when the file cannot be read.
Result<Config> parse_config(std::string_view yaml, const std::string& file);

// Reads and parses `file` (at most 1 MiB).
Result<Config> load_config(const std::string& file);

// The whole configuration as YAML text that parse_config reads back to the same Config.
std::string to_yaml(const Config& config);
// The same for people: without what may be a key, the query of the URL and the name of a secret's
// file that is not there.
std::string yaml_without_secrets(Config config);

}  // namespace reporterd
