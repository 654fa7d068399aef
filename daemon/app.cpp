#include "daemon/app.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "daemon/app_settings.h"
#include "daemon/app_system.h"
#include "daemon/control/session.h"
#include "daemon/io/log.h"
#include "daemon/io/memory.h"
#include "daemon/notable.h"
#include "daemon/path.h"
#include "daemon/places.h"
#include "daemon/preview.h"
#include "store/sqlite_outbox.h"
#include "version.h"

namespace reporterd {
namespace {

// The writer thread gives the outbox's cache back after a burst, and trims the history.
constexpr Millis housekeeping_after = std::chrono::seconds(2);

// A start reads the outbox from end to end where it met damage, and a new version may rewrite it:
// at least this fast, on the slowest disk that we know of, and something for all the rest.
Millis longest_start(const std::string& outbox) {
  constexpr std::uintmax_t bytes_each_ms = 1024;
  std::error_code unknown;
  const std::uintmax_t bytes = std::filesystem::file_size(path_of(outbox), unknown);
  return std::chrono::minutes(1) + Millis(unknown ? 0 : bytes / bytes_each_ms);
}

// What cannot be written ends the start, but for an owner's "off": that holds, `config` loses the
// file, and stderr is told.
Result<std::shared_ptr<spdlog::logger>> open_log_of(LogConfig& config, const Consent& consent) {
  Status usable = check_log_file(config);
  if (usable) {
    auto log = make_logger(log_settings(config));  // makes missing folders: checked above
    if (log) {
      return log;
    }
    usable = fail(ErrorCode::config, "log.file: " + log.error().what);
  }
  if (consent.decision == Decision::on) {
    return std::unexpected(usable.error());
  }
  config.file.clear();
  auto log = make_logger(log_settings(config));
  if (log) {
    (*log)->warn("{}; telemetry is off: until the next start lines go to stderr",
                 usable.error().what);
  }
  return log;
}

Result<std::shared_ptr<spdlog::logger>> open_log(LogConfig& config, const Consent& consent,
                                                 const AppOptions& options) {
  LogConfig with_default = config;
  LogConfig& used = config.file.empty() ? with_default : config;
  if (config.file.empty()) {
    with_default.file = options.log_file;
  }
  auto log = open_log_of(used, consent);
  if (log) {
    auto& sinks = (*log)->sinks();
    sinks.insert(sinks.end(), options.sinks.begin(), options.sinks.end());
  }
  return log;
}

}  // namespace

Result<std::unique_ptr<App>> App::start(const AppOptions& options, Config config,
                                        const ServiceManager& manager) {
  const Consent consent = service_consent(config.telemetry);
  auto secrets = read_named_files(config, consent);
  if (!secrets) {
    return std::unexpected(secrets.error());
  }
  auto log = open_log(config.log, consent, options);
  if (!log) {
    return std::unexpected(log.error());
  }
  if (Status made = make_state_folder(options.state_dir); !made) {
    return std::unexpected(made.error());
  }
  manager.needs(longest_start(outbox_file(options.state_dir)));
  const WallTime wall = SystemClock(ClockMark{}).now().wall;
  auto outbox = SqliteOutbox::open(outbox_file(options.state_dir), store_settings(config), wall);
  if (!outbox) {
    return std::unexpected(outbox.error());
  }
  std::unique_ptr<App> app(new App(options, std::move(config), manager, std::move(*outbox),
                                   std::move(*log), std::move(*secrets)));
  if (Status status = app->listen(); !status) {
    return std::unexpected(status.error());
  }
  return app;
}

App::App(const AppOptions& options, Config config, const ServiceManager& manager,
         std::unique_ptr<SqliteOutbox> outbox, std::shared_ptr<spdlog::logger> log, Secrets secrets)
    : options_(options),
      config_(std::move(config)),
      manager_(manager),
      log_(std::move(log)),
      outbox_(std::move(outbox)),
      set_aside_(outbox_->opened().set_aside),
      secrets_(std::move(secrets)),
      consent_(service_consent(config_.telemetry)),
      clock_(outbox_->opened().mark),
      flight_(FlightFile::open(options_.state_dir)),
      timer_(loop_, [this] { wake(); }),
      check_(MessageLimits{config_.outbox.max_message_bytes}) {
  condition_since_ = clock_.now().observed;
  writer_ = std::make_unique<WriterThread>(
      loop_, [this](std::span<Writer::Work> works) { return transact(works); },
      WriterThread::Idle{housekeeping_after, [this] {
                           for (auto more = outbox_->trim(clock_.mark()); more && *more;) {
                             more = outbox_->trim(clock_.mark());
                           }
                           outbox_->relax();
                           give_memory_back();
                         }});
  transport_ = std::make_unique<CurlTransport>(
      loop_, [this](SendId id, const Reply& reply) { engine_->replied(id, reply); });
  engine_ = std::make_unique<Engine>(
      EnginePorts{clock_, entropy_, *writer_, *transport_, flight_ ? flight_->get() : nullptr},
      EngineEvents{[this](std::optional<Instant> at) {
                     engine_wake_ = at;
                     rearm();
                   },
                   [this](const output::Changed& change) { on_changed(change); },
                   [this](const std::optional<Error>& problem) { on_store(problem); },
                   [this] { loop_.stop(); }, [this](bool full) { on_disk(full); }});
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
  engine_->stop();  // a start that failed: nothing may be sent while the rest goes
  submit_server_.reset();
  control_server_.reset();
  heartbeat_.reset();
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
  log_->log(mark(Notable::stopped), spdlog::level::info,
            "stopped; messages waiting in the outbox: {}", queued);
}

Status App::listen() {
  log_->log(mark(Notable::started), spdlog::level::info, "reporterd {} starts; state in {}",
            version, options_.state_dir);
  if (!flight_) {
    log_->warn("{}; nothing is recorded for a support bundle, all else goes on",
               flight_.error().what);
  }
  if (set_aside_) {
    const Salvaged salvaged = outbox_->opened().salvaged.value_or(Salvaged{});
    log_->log(mark(Notable::outbox_damaged), spdlog::level::err,
              "the outbox was damaged; waiting messages salvaged: {}, lost: {}; the damaged file "
              "is kept as {}",
              salvaged.messages, salvaged.lost, *set_aside_);
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
  wait_until_configured();
  if (stopping_) {
    return {};
  }
  if (engine_->condition() == Condition::auth_problem) {
    engine_->secret_changed();  // it may have been, while we were away
  }
  const auto serve = [this](const std::string& path, Clients clients, Access access) {
    return LocalServer::open(
        loop_, {path, clients, config_.limits.connections, LocalServerSettings{}.unsent_bytes},
        [this, access](Stream& stream) {
          return std::make_unique<Session>(
              stream, *this, reader_, access,
              SessionLimits{config_.limits.line_bytes, config_.limits.unanswered});
        });
  };
  auto submit_server =
      serve(submit_socket(options_.socket_dir), Clients::reporters, Access::submit);
  if (!submit_server) {
    return std::unexpected(submit_server.error());
  }
  submit_server_ = std::move(*submit_server);
  auto control_server =
      serve(control_socket(options_.socket_dir), Clients::administrators, Access::control);
  if (!control_server) {
    return std::unexpected(control_server.error());
  }
  control_server_ = std::move(*control_server);
  return {};
}

// What was kept of pause, notice period and destination is read from the outbox by its thread.
// Nobody may find us without: status would be wrong, and a flush be refused.
void App::wait_until_configured() {
  auto done = std::make_shared<bool>(false);
  engine_->run([](Outbox&) {}, [done](const Status&) { *done = true; });
  loop_.run_until([done] { return *done; });
}

void App::run() {
  if (stopping_) {  // a signal came while it started
    return;
  }
  if (const auto patience = manager_.patience()) {
    heartbeat_ = std::make_unique<Heartbeat>(loop_, *patience / 2, [this] { prove_alive(); });
  }
  manager_.status(status_line());
  manager_.ready();
  loop_.run();
}

}  // namespace reporterd
