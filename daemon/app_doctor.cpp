// What `reporterctl doctor` asks of the running service.
#include <utility>

#include "daemon/app.h"
#include "daemon/doctor.h"
#include "daemon/io/libraries.h"
#include "store/sqlite_outbox.h"
#include "version.h"

namespace reporterd {
namespace {

using Level = Finding::Level;

Level level_of(Condition condition) {
  switch (condition) {
    case Condition::auth_problem:
    case Condition::config_problem:
    case Condition::unreachable:
      return Level::problem;
    case Condition::no_destination:
    case Condition::off:
    case Condition::paused:
    case Condition::notice:
    case Condition::asked_to_wait:
    case Condition::waiting:
    case Condition::stopping:
      return Level::warning;
    case Condition::sending:
    case Condition::idle:
      break;
  }
  return Level::ok;
}

Finding diagnose_service(const StatusReport& status) {
  const std::string condition(name_of(status.condition));
  return {"service", level_of(status.condition),
          "reporterd " + status.version + " runs; " + condition +
              (status.why.empty() ? "" : ": " + status.why)};
}

Finding diagnose_endpoint_reply(const Reply& reply) {
  switch (reply.fate) {
    case Fate::answered:
      return {"endpoint", Level::ok, "a connection can be made"};
    case Fate::cancelled:
      return {"endpoint", Level::warning, "not tried to the end: nothing may be sent any more"};
    case Fate::unreachable:
    case Fate::ambiguous:
      break;
  }
  return {"endpoint", Level::problem,
          "no connection: " + reply.what + "; everything is kept, and tried again"};
}

}  // namespace

// On the writer thread. A transaction that met damage could write no more: it is looked at before.
Result<Snapshot> App::transact(std::span<Writer::Work> works) {
  if (examination_is_due_.exchange(false)) {
    examination_ = outbox_->examine(clock_.mark());
  }
  return outbox_->transact(works, clock_.mark());
}

void App::doctor(Answer<std::vector<Finding>> answer) {
  if (std::exchange(doctor_is_in_, true)) {
    answer(fail(ErrorCode::unavailable, "doctor is at work already; ask again in a moment"));
    return;
  }
  std::vector<Finding> findings = {diagnose_service(status()),
                                   diagnose_configuration(options_.config_file)};
  append(findings, diagnose_permissions(options_.config_file, config_, options_.state_dir));
  append(findings, diagnose_butlers(config_));
  if (engine_->snapshot().disk_full) {
    findings.push_back({"disk", Level::problem,
                        "it is full: new messages are refused, what was acknowledged is kept and "
                        "delivered; free some space"});
  }
  examination_.reset();
  examination_is_due_ = true;
  engine_->run(
      [](Outbox&) {},
      [this, findings = std::move(findings),
       answer = std::move(answer)](const Status& /*status*/) mutable {
        append(findings,
               diagnose_outbox(*examination_, static_cast<std::int64_t>(config_.outbox.max_bytes)));
        append(findings, diagnose_set_aside(options_.state_dir));
        findings.push_back(diagnose_clock(
            clock_.now().wall, *examination_ ? (*examination_)->newest_accepted : std::nullopt));
        diagnose_endpoint(std::move(findings), std::move(answer));
      });
}

void App::flight(Answer<FlightShown> answer) {
  if (flight_) {
    std::vector<std::string> libraries = io_libraries();
    libraries.push_back(store_library());
    answer(FlightShown{(*flight_)->text(), std::move(libraries)});
  } else {
    answer(fail(ErrorCode::not_possible, "no flight record is kept: " + flight_.error().what));
  }
}

// Where nothing may be sent now, nothing connects either.
void App::diagnose_endpoint(std::vector<Finding> findings, Answer<std::vector<Finding>> answer) {
  const Condition condition = engine_->condition();
  const bool may_connect = condition == Condition::idle || condition == Condition::sending ||
                           condition == Condition::waiting || level_of(condition) == Level::problem;
  if (!may_connect || stopping_) {
    findings.push_back(
        {"endpoint", Level::warning,
         "not tried: nothing may be sent now (" + std::string(name_of(condition)) + ")"});
    doctor_is_in_ = false;
    answer(std::move(findings));
    return;
  }
  auto rest = std::make_shared<std::pair<std::vector<Finding>, Answer<std::vector<Finding>>>>(
      std::move(findings), std::move(answer));
  transport_->probe(config_.destination.url, [this, rest](const Reply& reply) {
    rest->first.push_back(diagnose_endpoint_reply(reply));
    doctor_is_in_ = false;
    rest->second(std::move(rest->first));
  });
}

}  // namespace reporterd
