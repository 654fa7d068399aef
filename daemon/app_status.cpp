// What `status` tells of the running parts.
#include <fmt/format.h>

#include <algorithm>

#include "daemon/app.h"
#include "daemon/control/status_report.h"
#include "version.h"

namespace reporterd {
namespace {

std::string host_of(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
  return url.substr(begin, url.find_first_of("/?#", begin) - begin);
}

// People read calendar times; the moment itself is kept in observed time.
Instant instant_of(WallTime time, Now now) {
  return now.observed - std::chrono::duration_cast<Millis>(now.wall - time);
}

std::string what_to_do(Condition condition, const DestinationMemory& memory) {
  switch (condition) {
    case Condition::no_destination:
      return "no destination.url is configured; messages are kept";
    case Condition::paused:
      return "paused by the owner; `reporterctl resume` ends it";
    case Condition::notice:
      return "nothing is sent yet, so that you can look first; `reporterctl preview` shows what "
             "will be sent, `reporterctl flush` ends the notice period";
    case Condition::auth_problem:
      return memory.why + "; check destination.functionKeyFile";
    case Condition::config_problem:
      return memory.why + "; check destination.url";
    case Condition::asked_to_wait:
    case Condition::unreachable:
      return memory.why;
    case Condition::waiting:
      return "a message failed by itself and waits for its own retry";
    case Condition::stopping:
    case Condition::off:
    case Condition::sending:
    case Condition::idle:
      return "";
  }
  return "";
}

// Of each Butler, and the host's own as long as no Butler has one.
std::vector<ButlerId> ids_in_use(const Butlers& butlers) {
  const IdRecords known = butlers.ids();
  const auto id_of = [&known](const std::string& file) {
    const auto found = known.find(file);
    return found == known.end() ? std::string() : found->second.current.id;
  };
  std::vector<ButlerId> ids;
  for (std::size_t i = 0; i < butlers.all().size(); ++i) {
    const ButlerName name = name_of(i, *butlers.all()[i]);
    ids.push_back({name, id_of(name.file)});
  }
  const bool of_butlers =
      std::ranges::any_of(ids, [](const ButlerId& id) { return !id.instance_id.empty(); });
  if (!of_butlers && (known.contains("") || butlers.host_id_in_use())) {
    ids.emplace_back().instance_id = id_of("");
  }
  return ids;
}

}  // namespace

// What the service manager shows of us.
std::string App::status_line() const {
  const Condition condition = engine_->condition();
  const auto line = [condition](const std::string& why) {
    return fmt::format("{}: {}", name_of(condition), why);
  };
  switch (condition) {
    case Condition::off:
      return line(consent_.why + "; nothing is collected or sent");
    case Condition::idle:  // these three change too often, and tell the manager nothing
    case Condition::sending:
    case Condition::waiting:
      return "on: what is queued is delivered to " + host_of(config_.destination.url);
    case Condition::stopping:
      return line("what waits is kept");
    case Condition::no_destination:
    case Condition::paused:
    case Condition::notice:
    case Condition::auth_problem:
    case Condition::config_problem:
    case Condition::asked_to_wait:
    case Condition::unreachable:
      break;
  }
  return line(what_to_do(condition, engine_->reporter().memory()));
}

StatusReport App::status() {
  const Now now = clock_.now();
  const Reporter& reporter = engine_->reporter();
  const DestinationMemory& memory = reporter.memory();
  const Snapshot& snapshot = engine_->snapshot();
  StatusReport report;
  report.version = version;
  report.condition = engine_->condition();
  report.why =
      report.condition == Condition::off ? consent_.why : what_to_do(report.condition, memory);
  report.since = condition_since_;
  report.paused_until = reporter.paused_until();
  if (!config_.destination.url.empty()) {
    report.delivery.type = config_.destination.type;
    report.delivery.host = host_of(config_.destination.url);
  }
  report.delivery.in_flight = reporter.in_flight();
  report.delivery.failures = memory.failures;
  if (memory.problem != Problem::none) {
    report.delivery.next_attempt = std::max(memory.next_attempt, memory.retry_after_until);
  } else if (const auto next = reporter.next_attempt()) {
    report.delivery.next_attempt = std::max(*next, now.observed);
  }
  if (memory.last_success) {
    report.delivery.last_success = LastSuccess{instant_of(*memory.last_success, now), "delivered"};
  }
  if (memory.last_error && memory.problem != Problem::none) {
    report.delivery.last_error =
        LastError{instant_of(*memory.last_error, now), memory.why, memory.failures};
  }
  report.backlog = {snapshot.ledger.queued, snapshot.ledger.held, snapshot.oldest_accepted};
  report.ledger = snapshot.ledger;
  report.storage = {snapshot.bytes_used, snapshot.bytes_limit, snapshot.disk_full,
                    set_aside_.value_or("")};
  report.consent = {
      consent_.decision, consent_.layer, consent_.why, reporter.notice_until(now.observed), {}};
  report.instance_ids = ids_in_use(*butlers_);
  const auto& butlers = butlers_->all();
  for (std::size_t i = 0; i < butlers.size(); ++i) {
    const Butler& butler = *butlers[i];
    report.consent.butlers.push_back(
        {name_of(i, butler), butler.consent.decision, butler.consent.layer, butler.consent.why});
    if (butler.last && (!report.reports.last || butler.last->made > *report.reports.last)) {
      report.reports.last = butler.last->made;
    }
    keep_earlier(report.reports.next, butler.due);
    for (const std::string& name : butler.reading.withheld) {
      report.warnings.push_back(butler.config.config_file + ": " + name +
                                " is withheld: its name or value is not of a documented kind");
    }
  }
  if (!report.reports.next && consent_.decision == Decision::on) {
    report.reports.why_missing =
        butlers.empty() ? "no Butler is configured; see `butlers` in the configuration"
                        : "no Butler can be reported on now; see `reporterctl consent show`";
  }
  if (const auto& problem = engine_->store_problem()) {
    report.warnings.push_back("the outbox cannot be written: " + problem->what);
  }
  return report;
}

}  // namespace reporterd
