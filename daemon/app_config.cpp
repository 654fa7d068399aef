// The configuration while running: checked, shown and changed.
#include <fmt/format.h>

#include <utility>

#include "daemon/app.h"
#include "daemon/app_settings.h"
#include "daemon/destination/http_destination.h"
#include "daemon/doctor.h"
#include "daemon/notable.h"
#include "daemon/preview.h"
#include "store/sqlite_outbox.h"

namespace reporterd {
void App::config_check(ConfigCandidate candidate, Answer<ConfigChecked> answer) {
  const std::string file =
      candidate.text && !candidate.file.empty() ? candidate.file : options_.config_file;
  const Result<Config> config =
      candidate.text ? parse_config(*candidate.text, file) : load_config(options_.config_file);
  if (!config) {
    answer(std::unexpected(config.error()));
    return;
  }
  ConfigChecked checked{file, {}};
  if (!candidate.text) {  // a client must not choose files that we read with our rights
    if (const auto read = read_named_files(*config, service_consent(config->telemetry)); !read) {
      answer(std::unexpected(read.error()));
      return;
    }
    checked.warnings = butler_problems(*config);
  }
  answer(std::move(checked));
}

void App::config_show(Answer<ConfigShown> answer) {
  answer(ConfigShown{options_.config_file, yaml_without_secrets(config_)});
}

// Answers when it is on disk: an owner's "off" holds from the moment the command returns.
void App::config_reload(Answer<ConfigReloaded> answer) {
  engine_->run([](Outbox&) {},
               [answer = std::move(answer), reloaded = reload()](const Status& status) mutable {
                 if (status) {
                   answer(std::move(reloaded));
                 } else {
                   answer(std::unexpected(status.error()));
                 }
               });
}

// All or nothing: a file that is not valid, or names one that cannot be used, changes nothing.
Result<ConfigReloaded> App::reload() {
  manager_.reloading();
  auto reloaded = reread_configuration();
  manager_.status(status_line());
  manager_.ready();
  return reloaded;
}

Result<ConfigReloaded> App::reread_configuration() {
  auto config = load_config(options_.config_file);
  if (!config) {
    return std::unexpected(config.error());
  }
  const bool was_on = consent_.decision == Decision::on;
  const Consent consent = service_consent(config->telemetry);
  auto secrets = read_named_files(*config, consent);
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
  const bool limits = before.limits.response_bytes != config_.limits.response_bytes ||
                      before.limits.key_bytes != config_.limits.key_bytes;
  const bool log_file = before.log.file != config_.log.file ||
                        before.log.max_bytes != config_.log.max_bytes ||
                        before.log.files != config_.log.files;
  const bool message_bytes = before.outbox.max_message_bytes != config_.outbox.max_message_bytes;
  count(before.telemetry != config_.telemetry, "telemetry", reloaded.applied);
  count(before.butlers != config_.butlers, "butlers", reloaded.applied);
  count(before.report != config_.report, "report", reloaded.applied);
  const bool is_on = consent.decision == Decision::on;
  const bool other_secrets = is_on && *secrets != secrets_;
  count(before.destination != config_.destination || (was_on && other_secrets), "destination",
        reloaded.applied);
  count(before.retry != config_.retry, "retry", reloaded.applied);
  OutboxConfig outbox = before.outbox;
  outbox.max_message_bytes = config_.outbox.max_message_bytes;
  count(outbox != config_.outbox, "outbox", reloaded.applied);
  count(before.history != config_.history, "history", reloaded.applied);
  count(limits, "limits", reloaded.applied);
  count(before.log.level != config_.log.level, "log.level", reloaded.applied);
  count(sessions, "limits", reloaded.needs_restart);
  count(log_file, "log.file", reloaded.needs_restart);
  count(message_bytes, "outbox.maxMessageBytes", reloaded.needs_restart);
  secrets_ = std::move(*secrets);
  use(config_, before);
  if (other_secrets || before.destination != config_.destination) {
    engine_->secret_changed();
  }
  log_->log(mark(Notable::configuration_read), spdlog::level::info,
            "configuration read again from {}", options_.config_file);
  if (!reloaded.needs_restart.empty()) {
    log_->warn("these count after a restart: {}", fmt::join(reloaded.needs_restart, ", "));
  }
  return reloaded;
}

// Makes everything follow `config`, whatever it was `before`.
void App::use(const Config& config, const Config& before) {
  log_->set_level(level_of(config.log.level));
  const Consent consent = service_consent(config.telemetry);
  consent_ = consent;
  engine_->set_notice_period(config.telemetry.notice_period);
  if (consent.decision == Decision::on) {
    butlers_->configure(config, consent);  // holds and withdraws before anything may be sent
    use_destination();
    engine_->set_consent(true);
    log_->log(mark(Notable::condition_changed), spdlog::level::info,
              "telemetry is on ({}); destination: {}", consent.layer,
              config.destination.url.empty() ? "none configured" : config.destination.type);
  } else {
    engine_->set_consent(false);
    if (!flight_) {
      FlightFile::remove(options_.state_dir);
    }
    transport_->cancel_probes();
    butlers_->configure(config, consent);
    engine_->withdraw(WithdrawScope{true, {}}, [this](const Status&) {
      transport_->idle();  // what was out is cancelled by now: no connection stays
    });
    log_->log(mark(Notable::condition_changed), spdlog::level::info,
              "telemetry is off ({}); nothing is collected or sent, what waited is withdrawn",
              consent.why);
  }
  if (!(config.outbox == before.outbox && config.history == before.history &&
        config.limits == before.limits)) {
    engine_->configure_outbox(
        [this, settings = store_settings(config)](Outbox&) { outbox_->apply(settings); });
  }
  tell_watched();
}

void App::use_destination() {
  const DestinationConfig& config = config_.destination;
  transport_->apply(transport_settings(config, secrets_, config_.limits));
  if (config.url.empty()) {
    engine_->use_destination(nullptr, delivery_settings(config_));
    return;
  }
  engine_->use_destination(std::make_unique<HttpDestination>(http_settings(config, secrets_)),
                           delivery_settings(config_));
}

// A secret that cannot be read leaves the one that was read before in use. Certificates and keys
// are read by curl for each new connection: one that cannot be used is told, and fails deliveries.
void App::reread_destination_files(bool changed) {
  auto secrets = read_secrets(config_.destination);
  if (!secrets) {
    log_->warn("{}; the one before it stays in use", secrets.error().what);
    secrets = secrets_;
  } else if (const auto all = read_destination_files(config_.destination); !all) {
    log_->warn("{}; deliveries may fail until it is right", all.error().what);
  }
  if (changed || *secrets != secrets_) {
    secrets_ = std::move(*secrets);
    use_destination();
    engine_->secret_changed();
  }
}

void App::tell_watched() {
  std::vector<std::string> files = butler_files_;
  if (consent_.decision == Decision::on) {
    const DestinationConfig& config = config_.destination;
    for (const std::string& file :
         {config.function_key_file, config.proxy_credentials_file, config.client_certificate_file,
          config.client_key_file, config.ca_file}) {
      if (!file.empty()) {
        files.push_back(file);
      }
    }
  }
  if (Status status = files_->set_files(files); !status) {
    log_->warn("{}; changes count after `reporterctl config reload`", status.error().what);
  }
}

}  // namespace reporterd
