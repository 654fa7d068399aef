// What `reporterctl doctor` asks of the running service.
#include <utility>

#include "daemon/app.h"
#include "daemon/doctor.h"
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

void append(std::vector<Finding>& findings, std::vector<Finding> more) {
  findings.insert(findings.end(), more.begin(), more.end());
}

}  // namespace

void App::doctor(Answer<std::vector<Finding>> answer) {
  std::vector<Finding> findings = {diagnose_service(status()),
                                   diagnose_configuration(options_.config_file)};
  append(findings, diagnose_permissions(options_.config_file, config_, options_.state_dir));
  append(findings, diagnose_butlers(config_));
  auto found = std::make_shared<Examination>();
  engine_->run(
      [this, found](Outbox&) { *found = outbox_->examine(); },
      [this, found, findings = std::move(findings),
       answer = std::move(answer)](Status status) mutable {
        if (status) {
          append(findings,
                 diagnose_outbox(*found, static_cast<std::int64_t>(config_.outbox.max_bytes)));
        } else {
          findings.push_back({"outbox", Level::problem, status.error().what});
        }
        append(findings, diagnose_set_aside(options_.state_dir));
        findings.push_back(diagnose_clock(clock_.now().wall, found->newest_accepted));
        diagnose_endpoint(std::move(findings), std::move(answer));
      });
}

// Where nothing may be sent now, nothing connects either.
void App::diagnose_endpoint(std::vector<Finding> findings, Answer<std::vector<Finding>> answer) {
  const Condition condition = engine_->condition();
  const bool may_connect = condition != Condition::off && condition != Condition::notice &&
                           condition != Condition::paused && condition != Condition::stopping &&
                           condition != Condition::no_destination;
  if (!may_connect || stopping_) {
    findings.push_back(
        {"endpoint", Level::warning,
         "not tried: nothing may be sent now (" + std::string(name_of(condition)) + ")"});
    answer(std::move(findings));
    return;
  }
  auto rest = std::make_shared<std::pair<std::vector<Finding>, Answer<std::vector<Finding>>>>(
      std::move(findings), std::move(answer));
  transport_->probe(config_.destination.url, [rest](const Reply& reply) {
    const bool reached = reply.fate == Fate::answered;
    rest->first.push_back(
        {"endpoint", reached ? Level::ok : Level::problem,
         reached ? "a connection can be made"
                 : "no connection: " + reply.what + "; everything is kept, and tried again"});
    rest->second(std::move(rest->first));
  });
}

}  // namespace reporterd
