// The configuration while running: checked, shown and changed.
#include <fmt/format.h>

#include <fstream>
#include <utility>

#include "daemon/app.h"

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

void App::config_check(ConfigCandidate candidate, Answer<ConfigChecked> answer) {
  const std::string file =
      candidate.text && !candidate.file.empty() ? candidate.file : options_.config_file;
  const Result<Config> config =
      candidate.text ? parse_config(*candidate.text, file) : load_config(options_.config_file);
  if (!config) {
    answer(std::unexpected(config.error()));
    return;
  }
  answer(ConfigChecked{file, {}});
}

void App::config_show(Answer<ConfigShown> answer) {
  Config shown = config_;
  if (const std::size_t query = shown.destination.url.find('?'); query != std::string::npos) {
    shown.destination.url.replace(query, std::string::npos, "?...");
  }
  answer(ConfigShown{options_.config_file, to_yaml(shown)});
}

void App::config_reload(Answer<ConfigReloaded> answer) {
  answer(reload());
}

// All or nothing: a file that is not valid, or names a secret that cannot be read, changes nothing.
Result<ConfigReloaded> App::reload() {
  auto config = load_config(options_.config_file);
  if (!config) {
    return std::unexpected(config.error());
  }
  auto secrets = read_secrets(config->destination);
  if (!secrets) {
    return std::unexpected(secrets.error());
  }
  ConfigReloaded reloaded{options_.config_file, {}, {}};
  const auto count = [](bool differs, const char* section, std::vector<std::string>& list) {
    if (differs) {
      list.emplace_back(section);
    }
  };
  const Config before = std::exchange(config_, std::move(*config));
  const bool sessions = before.limits.line_bytes != config_.limits.line_bytes ||
                        before.limits.connections != config_.limits.connections ||
                        before.limits.unanswered != config_.limits.unanswered;
  const bool log_file = before.log.file != config_.log.file ||
                        before.log.max_bytes != config_.log.max_bytes ||
                        before.log.files != config_.log.files;
  const bool message_bytes = before.outbox.max_message_bytes != config_.outbox.max_message_bytes;
  count(before.telemetry != config_.telemetry, "telemetry", reloaded.applied);
  count(before.butlers != config_.butlers, "butlers", reloaded.applied);
  count(before.report != config_.report, "report", reloaded.applied);
  count(before.destination != config_.destination || *secrets != secrets_, "destination",
        reloaded.applied);
  count(before.retry != config_.retry, "retry", reloaded.applied);
  count(before.outbox != config_.outbox && !message_bytes, "outbox", reloaded.applied);
  count(before.history != config_.history, "history", reloaded.applied);
  count(before.log.level != config_.log.level, "log.level", reloaded.applied);
  count(sessions, "limits", reloaded.needs_restart);
  count(log_file, "log.file", reloaded.needs_restart);
  count(message_bytes, "outbox.maxMessageBytes", reloaded.needs_restart);
  secrets_ = std::move(*secrets);
  use(config_, before);
  log_->info("configuration read again from {}", options_.config_file);
  return reloaded;
}

}  // namespace reporterd
