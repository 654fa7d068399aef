#include "daemon/app.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "daemon/control/session.h"
#include "daemon/destination/http_destination.h"
#include "daemon/io/log.h"
#include "store/sqlite_outbox.h"
#include "version.h"

namespace reporterd {
namespace {

// The writer thread gives the outbox's cache back after a burst, and trims the history.
constexpr Millis housekeeping_after = std::chrono::seconds(2);
// A stop may take this long: what is on the wire is cancelled, what is posted is committed.
constexpr Millis stop_limit = std::chrono::seconds(3);

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
  settings.user_agent = fmt::format("reporterd/{}", version);
  return settings;
}

std::optional<std::string_view> do_not_track() {
  const char* text = std::getenv("DO_NOT_TRACK");  // NOLINT(concurrency-mt-unsafe): never set here
  return text == nullptr ? std::nullopt : std::optional<std::string_view>(text);
}

LogSettings log_settings(const LogConfig& config) {
  return {level_of(config.level), config.file, config.max_bytes, config.files};
}

}  // namespace

Result<std::unique_ptr<App>> App::start(const AppOptions& options, Config config) {
  auto log = make_logger(log_settings(config.log));
  if (!log) {
    return std::unexpected(log.error());
  }
  auto secrets = read_secrets(config.destination);
  if (!secrets) {
    return std::unexpected(secrets.error());
  }
  const WallTime wall = SystemClock(ClockMark{}).now().wall;
  auto outbox = SqliteOutbox::open(options.state_dir + "/outbox.db", store_settings(config), wall);
  if (!outbox) {
    return std::unexpected(outbox.error());
  }
  std::unique_ptr<App> app(new App(options, std::move(config), std::move(*outbox), std::move(*log),
                                   std::move(*secrets)));
  if (Status status = app->listen(); !status) {
    return std::unexpected(status.error());
  }
  return app;
}

App::App(const AppOptions& options, Config config, std::unique_ptr<SqliteOutbox> outbox,
         std::shared_ptr<spdlog::logger> log, Secrets secrets)
    : options_(options),
      config_(std::move(config)),
      log_(std::move(log)),
      outbox_(std::move(outbox)),
      set_aside_(outbox_->opened().set_aside),
      secrets_(std::move(secrets)),
      consent_(consent_of_service(config_.telemetry.enabled, do_not_track())),
      clock_(outbox_->opened().mark),
      timer_(loop_, [this] { wake(); }),
      check_(MessageLimits{config_.outbox.max_message_bytes}) {
  condition_since_ = clock_.now().observed;
  writer_ = std::make_unique<WriterThread>(
      loop_,
      [this](std::span<Writer::Work> works) { return outbox_->transact(works, clock_.mark()); },
      WriterThread::Idle{housekeeping_after, [this] {
                           for (auto more = outbox_->trim(clock_.mark()); more && *more;) {
                             more = outbox_->trim(clock_.mark());
                           }
                           outbox_->relax();
                         }});
  transport_ = std::make_unique<CurlTransport>(
      loop_, [this](SendId id, Reply reply) { engine_->replied(id, std::move(reply)); });
  engine_ = std::make_unique<Engine>(
      EnginePorts{clock_, entropy_, *writer_, *transport_},
      EngineEvents{[this](std::optional<Instant> at) {
                     engine_wake_ = at;
                     rearm();
                   },
                   [this](const output::Changed& change) { on_changed(change); },
                   [this](const std::optional<Error>& problem) { on_store(problem); },
                   [this] { loop_.stop(); }});
  ButlersWorld world;
  world.default_route = [] { return reporterd::has_default_route(); };
  butlers_ = std::make_unique<Butlers>(
      *engine_, clock_, entropy_, std::move(world),
      ButlersEvents{[this] { rearm(); },
                    [this](std::vector<std::string> files) {
                      butler_files_ = std::move(files);
                      tell_watched();
                    },
                    [this](const std::string& line) { log_->info(line); },
                    [this](const std::string& line) { log_->warn(line); }});
  files_ = std::make_unique<FileWatch>(loop_, [this](const std::string& file) { on_file(file); });
  signals_ = std::make_unique<Signals>(loop_, [this](Signal signal) { on_signal(signal); });
  clock_watch_ = std::make_unique<ClockWatch>(loop_, [this](ClockChange change) {
    armed_.reset();
    rearm();
    if (change.slept > Micros(0)) {
      engine_->network_changed();
    }
  });
}

App::~App() {
  submit_server_.reset();
  control_server_.reset();
  signals_.reset();
  network_.reset();
  clock_watch_.reset();
  files_.reset();
  butlers_.reset();
  transport_.reset();
  writer_->drain();
  const std::int64_t queued = engine_->snapshot().ledger.queued;
  writer_.reset();
  engine_.reset();
  if (Status closed = outbox_->close(clock_.mark()); !closed) {
    log_->warn("the outbox was not closed cleanly: {}; nothing is lost", closed.error().what);
  }
  log_->info("stopped; {} messages wait in the outbox", queued);
}

Status App::listen() {
  log_->info("reporterd {} starts; state in {}", version, options_.state_dir);
  if (set_aside_) {
    log_->error("the outbox was damaged; it was moved to {} and a new one was made; keep that file",
                *set_aside_);
  }
  auto network = NetworkWatch::open(loop_, [this] {
    butlers_->network_changed();
    engine_->network_changed();
  });
  if (network) {
    network_ = std::move(*network);
  } else {
    log_->warn("{}; deliveries are tried by schedule only", network.error().what);
  }
  engine_->start(outbox_->opened().snapshot);
  use(config_, Config{});
  const auto serve = [this](const std::string& path, unsigned mode, Access access) {
    return LocalServer::open(
        loop_, {path, mode, config_.limits.connections, LocalServerSettings{}.unsent_bytes},
        [this, access](Stream& stream) {
          return std::make_unique<Session>(
              stream, *this, reader_, access,
              SessionLimits{config_.limits.line_bytes, config_.limits.unanswered});
        });
  };
  auto submit_server = serve(options_.socket_dir + "/submit/socket", 0660, Access::submit);
  if (!submit_server) {
    return std::unexpected(submit_server.error());
  }
  submit_server_ = std::move(*submit_server);
  // A packaged folder hands its group on, and that group may then steer us; else only our user.
  std::error_code ignored;
  const auto folder = std::filesystem::status(options_.socket_dir + "/control", ignored);
  const bool grouped =
      (folder.permissions() & std::filesystem::perms::set_gid) != std::filesystem::perms::none &&
      std::filesystem::exists(folder);
  auto control_server =
      serve(options_.socket_dir + "/control/socket", grouped ? 0660 : 0600, Access::control);
  if (!control_server) {
    return std::unexpected(control_server.error());
  }
  control_server_ = std::move(*control_server);
  return {};
}

void App::run() {
  loop_.run();
}

// Makes everything follow `config`, whatever it was `before`.
void App::use(const Config& config, const Config& before) {
  log_->set_level(level_of(config.log.level));
  const Consent consent = consent_of_service(config.telemetry.enabled, do_not_track());
  consent_ = consent;
  engine_->set_notice_period(config.telemetry.notice_period);
  if (consent.decision == Decision::on) {
    butlers_->configure(config, consent);  // holds and withdraws before anything may be sent
    use_destination();
    engine_->set_consent(true);
    log_->info("telemetry is on ({}); destination: {}", consent.layer,
               config.destination.url.empty() ? "none configured" : config.destination.type);
  } else {
    engine_->set_consent(false);
    butlers_->configure(config, consent);
    transport_->idle();
    engine_->withdraw(WithdrawScope{true, {}}, nullptr);
    log_->info("telemetry is off ({}); nothing is collected or sent, what waited is withdrawn",
               consent.why);
  }
  if (!(config.outbox == before.outbox && config.history == before.history &&
        config.limits == before.limits)) {
    engine_->run([this, settings = store_settings(config)](Outbox&) { outbox_->apply(settings); },
                 nullptr);
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
  HttpSettings settings;
  settings.url = config.url;
  settings.data_only = config.body == BodyForm::data;
  settings.batch = config.batch;
  settings.user_agent = fmt::format("reporterd/{}", version);
  settings.function_key = secrets_.function_key;
  engine_->use_destination(std::make_unique<HttpDestination>(std::move(settings)),
                           delivery_settings(config_));
}

// A secret that was replaced is used at once; one that cannot be read keeps the old one.
void App::reread_secrets() {
  auto secrets = read_secrets(config_.destination);
  if (!secrets) {
    log_->warn("{}; the one read before stays in use", secrets.error().what);
    return;
  }
  if (*secrets != secrets_) {
    secrets_ = std::move(*secrets);
    use_destination();
    engine_->secret_changed();
  }
}

void App::tell_watched() {
  std::vector<std::string> files = butler_files_;
  if (consent_.decision == Decision::on) {
    const DestinationConfig& config = config_.destination;
    for (const std::string& file : {config.function_key_file, config.proxy_credentials_file,
                                    config.client_certificate_file, config.client_key_file}) {
      if (!file.empty()) {
        files.push_back(file);
      }
    }
  }
  if (Status status = files_->set_files(std::move(files)); !status) {
    log_->warn("{}; changes count after `reporterctl config reload`", status.error().what);
  }
}

// ---------------------------------------------------------------- events

void App::rearm() {
  if (!butlers_ || stopping_) {
    return;
  }
  std::optional<Instant> at = engine_wake_;
  keep_earlier(at, butlers_->wake_at());
  if (at == armed_) {
    return;
  }
  armed_ = at;
  if (at) {
    timer_.arm(std::max(*at - clock_.now().observed, Millis(0)));
  } else {
    timer_.arm(std::nullopt);
  }
}

void App::wake() {
  armed_.reset();
  if (stopping_) {  // the stop took too long
    loop_.stop();
    return;
  }
  butlers_->wake();
  engine_->wake();
  rearm();
}

void App::on_changed(const output::Changed& change) {
  condition_since_ = clock_.now().observed;
  const std::int64_t queued = engine_->snapshot().ledger.queued;
  switch (change.to) {
    case Condition::auth_problem:
      log_->error(
          "the endpoint refuses our credentials ({}); {} messages are kept; check "
          "destination.functionKeyFile",
          change.why, queued);
      loop_.defer([this] { reread_secrets(); });
      return;
    case Condition::config_problem:
      log_->error(
          "the endpoint does not take our messages ({}); {} messages are kept; check "
          "destination.url",
          change.why, queued);
      return;
    case Condition::unreachable:
    case Condition::asked_to_wait:
      log_->warn("the endpoint cannot be used now ({}); {} messages are kept and tried again",
                 change.why, queued);
      return;
    case Condition::idle:
      log_->info("delivering; {} messages wait", queued);
      return;
    case Condition::stopping:
    case Condition::off:
    case Condition::no_destination:
    case Condition::paused:
    case Condition::notice:
    case Condition::sending:
    case Condition::waiting:
      log_->info("{}; {} messages wait", name_of(change.to), queued);
      return;
  }
}

void App::on_store(const std::optional<Error>& problem) {
  if (problem) {
    log_->error(
        "the outbox cannot be written: {}; what was acknowledged is kept, new messages "
        "are refused until it works again",
        problem->what);
  } else {
    log_->info("the outbox works again");
  }
}

void App::on_signal(Signal signal) {
  switch (signal) {
    case Signal::hangup:
      if (auto reloaded = reload(); !reloaded) {
        log_->error("{}; the configuration in force stays", reloaded.error().what);
      }
      return;
    case Signal::terminate:
    case Signal::interrupt:
      stop();
      return;
  }
}

void App::on_file(const std::string& file) {
  const DestinationConfig& config = config_.destination;
  if (file == config.function_key_file || file == config.proxy_credentials_file) {
    reread_secrets();
  } else if (file == config.client_certificate_file || file == config.client_key_file) {
    use_destination();
    engine_->secret_changed();
  } else {
    butlers_->file_changed(file);
  }
}

void App::stop() {
  if (std::exchange(stopping_, true)) {
    loop_.stop();
    return;
  }
  submit_server_.reset();
  control_server_.reset();
  timer_.arm(stop_limit);
  engine_->stop();
}

}  // namespace reporterd
