// What happens while running: timers, changes of state, files, signals.
#include <algorithm>
#include <utility>

#include "daemon/app.h"
#include "daemon/notable.h"

namespace reporterd {
namespace {

bool is_trouble(Condition condition) {
  return condition == Condition::auth_problem || condition == Condition::config_problem ||
         condition == Condition::unreachable || condition == Condition::asked_to_wait;
}

// A stop may take this long: what is on the wire is cancelled, what is posted is committed.
constexpr Millis stop_limit = std::chrono::seconds(3);

// Before the machine goes down, what is being sent may get there for so long.
constexpr Millis last_deliveries = std::chrono::seconds(5);

// What is due may wait this long for its turn.
constexpr Millis tardy = std::chrono::minutes(1);

}  // namespace

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
  if (change.to == Condition::no_destination && !config_.destination.url.empty()) {
    return;  // what is remembered of it is still being read
  }
  condition_since_ = clock_.now().observed;
  manager_.status(status_line());
  const std::int64_t queued = engine_->snapshot().ledger.queued;
  switch (change.to) {
    case Condition::auth_problem:
      log_->log(mark(Notable::endpoint_refuses_us), spdlog::level::err,
                "the endpoint refuses our credentials ({}); messages kept: {}; check "
                "destination.functionKeyFile",
                change.why, queued);
      loop_.defer([this] { reread_destination_files(false); });
      return;
    case Condition::config_problem:
      log_->log(mark(Notable::endpoint_refuses_us), spdlog::level::err,
                "the endpoint does not take our messages ({}); messages kept: {}; check "
                "destination.url",
                change.why, queued);
      return;
    case Condition::unreachable:
    case Condition::asked_to_wait:
      log_->log(mark(Notable::endpoint_unreachable), spdlog::level::warn,
                "the endpoint cannot be used now ({}); messages kept and tried again: {}",
                change.why, queued);
      return;
    case Condition::no_destination:
      if (!config_.destination.url.empty()) {
        return;  // only until what is remembered of it has been read
      }
      [[fallthrough]];
    case Condition::stopping:
    case Condition::off:
    case Condition::paused:
    case Condition::notice:
    case Condition::idle:
    case Condition::sending:
    case Condition::waiting:
      log_->log(mark(is_trouble(change.from) && change.to == Condition::idle
                         ? Notable::endpoint_back
                         : Notable::condition_changed),
                spdlog::level::info, "{}; messages waiting: {}", name_of(change.to), queued);
      return;
  }
}

void App::on_store(const std::optional<Error>& problem) {
  if (problem) {
    log_->log(mark(Notable::outbox_fails), spdlog::level::err,
              "the outbox cannot be written: {}; what was acknowledged is kept, new messages "
              "are refused until it works again",
              problem->what);
  } else {
    log_->log(mark(Notable::outbox_works), spdlog::level::info, "the outbox works again");
  }
}

void App::on_disk(bool full) {
  if (full) {
    log_->log(
        mark(Notable::disk_full), spdlog::level::err,
        "the disk is full; what was acknowledged is kept and delivered, new messages are refused "
        "until there is space");
  } else {
    log_->log(mark(Notable::disk_has_space), spdlog::level::info, "the disk has space again");
  }
}

void App::on_signal(Signal signal) {
  switch (signal) {
    case Signal::hangup:
      if (auto reloaded = reload(); !reloaded) {
        log_->log(mark(Notable::configuration_wrong), spdlog::level::err,
                  "{}; the configuration in force stays", reloaded.error().what);
      }
      return;
    case Signal::terminate:
    case Signal::interrupt:
      stop();
      return;
    case Signal::shutdown:
      finish_and_stop();
      return;
  }
}

// Only what is under way to an endpoint that takes it: a pause, a notice period and a wait hold
// until the end, and a machine that goes down does not ask again whether the endpoint is back.
void App::finish_and_stop() {
  if (stopping_) {
    return;
  }
  if (engine_->condition() != Condition::sending) {
    stop();
    return;
  }
  engine_->flush(false, true, last_deliveries, [this](const Result<FlushOutcome>&) {
    loop_.defer([this] {
      if (!stopping_) {
        stop();
      }
    });
  });
}

void App::on_file(const std::string& file) {
  const DestinationConfig& config = config_.destination;
  if (same_file(file, config.function_key_file) || same_file(file, config.proxy_credentials_file)) {
    reread_destination_files(false);
  } else if (same_file(file, config.client_certificate_file) ||
             same_file(file, config.client_key_file) || same_file(file, config.ca_file)) {
    reread_destination_files(true);
  } else {
    butlers_->file_changed(file);
  }
}

// The manager ends us when it hears nothing for too long. It hears of us when the loop turned, the
// outbox's thread answered, and nothing that is due was left lying.
void App::prove_alive() {
  writer_->ask([this] {
    const Instant now = clock_.now().observed;
    if (armed_ && now - *armed_ > tardy) {
      log_->error("what is due is not done; the service manager is not told that all is well");
      return;
    }
    manager_.alive();
  });
}

void App::stop() {
  if (std::exchange(stopping_, true)) {
    loop_.stop();
    return;
  }
  manager_.stopping();
  submit_server_.reset();
  control_server_.reset();
  transport_->cancel_probes();
  timer_.arm(stop_limit);
  engine_->stop();
}

}  // namespace reporterd
