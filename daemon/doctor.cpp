#include "daemon/doctor.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "daemon/config_files.h"
#include "daemon/core/consent.h"
#include "daemon/core/timestamp.h"
#include "daemon/file_access.h"
#include "daemon/path.h"
#include "daemon/preview.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;
using Level = Finding::Level;

constexpr std::int64_t first_version_us = 1'790'000'000'000'000;  // of this program; autumn 2026
constexpr Micros clock_slack = std::chrono::minutes(1);

constexpr const char* remedy =
    "restart reporterd, or `reporterctl doctor --repair` with it down: what can be read is "
    "salvaged, "
    "the damaged file is kept";

// Who may read a file, and why not all.
struct Rule {
  std::string file;
  Readers readers;
  const char* why;
};

std::vector<Rule> rules_for(const std::string& config_file, const Config& config,
                            const std::string& state_dir) {
  const DestinationConfig& destination = config.destination;
  const bool url_has_query = destination.url.find('?') != std::string::npos;
  std::vector<Rule> rules = {
      {state_dir, Readers::service, "holds what is not sent yet"},
      {outbox_file(state_dir), Readers::owner, "holds what is not sent yet"},
      {outbox_file(state_dir) + "-wal", Readers::owner, "holds what is not sent yet"},
      {config_file, url_has_query ? Readers::service : Readers::everyone,
       "decides where messages go"}};
  const std::string& key_file = destination.client_key_file.empty()
                                    ? destination.client_certificate_file
                                    : destination.client_key_file;
  for (const std::string& secret :
       {destination.function_key_file, destination.proxy_credentials_file, key_file}) {
    if (!secret.empty()) {
      rules.push_back({secret, Readers::service, "holds a secret"});
    }
  }
  return rules;
}

Finding diagnose_butler(const std::string& about, const ButlerConfig& butler,
                        const TelemetryConfig& telemetry) {
  const ButlerReading reading = read_butler(butler);
  const Consent consent =
      consent_of_butler(service_consent(telemetry), telemetry.follow_butler, own_consent(reading));
  if (reading.state == ButlerReading::State::unknown) {
    return {about, Level::problem,
            reading.why + (consent.decision == Decision::unknown
                               ? "; its messages are held until it can be read"
                               : "; no report can be made of it")};
  }
  if (consent.decision == Decision::off) {
    return {about, Level::ok, butler.config_file + ": nothing is sent of it: " + consent.why};
  }
  if (reading.state == ButlerReading::State::on) {
    return {about, Level::warning,
            butler.config_file +
                ": Butler sends for itself as well, so each report arrives twice; to let reporterd "
                "alone send, set its anonTelemetry to false and telemetry.followButler to false"};
  }
  return {about, Level::ok, butler.config_file + ": only reporterd sends for it"};
}

}  // namespace

Finding diagnose_configuration(const std::string& file) {
  const auto config = load_config(file);
  if (!config) {
    return {"configuration", Level::problem, config.error().what};
  }
  const auto named = read_named_files(*config, service_consent(config->telemetry));
  if (!named) {
    return {"configuration", Level::problem, named.error().what};
  }
  return {"configuration", Level::ok, file + " is valid"};
}

void append(std::vector<Finding>& findings, std::vector<Finding> more) {
  findings.insert(findings.end(), more.begin(), more.end());
}

std::vector<Finding> diagnose_permissions(const std::string& config_file, const Config& config,
                                          const std::string& state_dir) {
  std::vector<Finding> findings;
  for (const Rule& rule : rules_for(config_file, config, state_dir)) {
    const auto closing = remedy_for_access(rule.file, rule.readers);
    if (!closing) {
      findings.push_back({"permissions", Level::warning,
                          rule.file + " cannot be looked at; ask as administrator (root)"});
    } else if (!closing->empty()) {
      findings.push_back(
          {"permissions", Level::problem,
           fmt::format("{} {}, and is open to others; {}", rule.file, rule.why, *closing)});
    }
  }
  if (findings.empty()) {
    findings.push_back({"permissions", Level::ok,
                        "nobody but their users and groups can read or change the files"});
  }
  return findings;
}

std::vector<Finding> repair_permissions(const std::string& config_file, const Config& config,
                                        const std::string& state_dir) {
  std::vector<Finding> findings;
  for (const Rule& rule : rules_for(config_file, config, state_dir)) {
    if (remedy_for_access(rule.file, rule.readers).value_or("").empty()) {
      continue;
    }
    const Status done = close_to_others(rule.file, rule.readers);
    findings.push_back(
        done ? Finding{"repair", Level::ok, rule.file + " is closed to others now"}
             : Finding{"repair", Level::problem, rule.file + " stays open: " + done.error().what});
  }
  return findings;
}

std::vector<std::string> butler_problems(const Config& config) {
  std::vector<std::string> problems;
  if (service_consent(config.telemetry).decision == Decision::on) {
    for (Finding& finding : diagnose_butlers(config)) {
      if (finding.level == Level::problem) {
        problems.push_back(std::move(finding.text));
      }
    }
  }
  return problems;
}

std::vector<Finding> diagnose_butlers(const Config& config) {
  std::vector<Finding> findings;
  findings.reserve(config.butlers.size());
  for (std::size_t i = 0; i < config.butlers.size(); ++i) {
    findings.push_back(
        diagnose_butler(fmt::format("Butler {}", i + 1), config.butlers[i], config.telemetry));
  }
  if (findings.empty()) {
    findings.push_back({"Butler", Level::warning,
                        "none is configured, so no reports are made; see `butlers` in the "
                        "configuration"});
  }
  return findings;
}

Finding diagnose_clock(WallTime now, std::optional<WallTime> newest_accepted) {
  if (now < wall_at(first_version_us)) {
    return {"clock", Level::problem,
            "it says " + canonical_ts(now) +
                ", before this program was made: reports would carry that time; set it"};
  }
  if (newest_accepted && now + clock_slack < *newest_accepted) {
    return {"clock", Level::warning,
            "it says " + canonical_ts(now) + ", but a message was taken at " +
                canonical_ts(*newest_accepted) + ": it was or is wrong; check it"};
  }
  return {"clock", Level::ok, "it says " + canonical_ts(now)};
}

std::vector<Finding> diagnose_outbox(const Result<Examination>& examined,
                                     std::int64_t bytes_limit) {
  if (!examined) {
    const bool damaged = examined.error().code == ErrorCode::corrupt;
    return {{damaged ? "damage" : "outbox", Level::problem,
             examined.error().what + (damaged ? std::string("; ") + remedy : "")}};
  }
  const Examination& found = *examined;
  std::vector<Finding> findings;
  findings.reserve(found.damage.size());
  for (const std::string& damage : found.damage) {
    findings.push_back({"damage", Level::problem, damage + "; " + remedy});
  }
  if (found.wrong_waiting > 0) {
    findings.push_back({"damage", Level::problem,
                        fmt::format("messages that wait and do not match their SHA-256: {}; they "
                                    "are never sent, and count as lost when their turn comes",
                                    found.wrong_waiting)});
  }
  if (findings.empty()) {
    findings.push_back(
        {"outbox", Level::ok,
         fmt::format("every page is sound, the ledger balances; messages waiting: {}",
                     found.ledger.queued + found.ledger.held)});
  }
  if (found.wrong_settled > 0) {
    findings.push_back({"outbox", Level::warning,
                        fmt::format("settled messages whose kept text is damaged: {}; they go with "
                                    "the history",
                                    found.wrong_settled)});
  }
  if (found.ledger.lost > 0) {
    findings.push_back({"outbox", Level::warning,
                        fmt::format("messages lost to damage so far: {}", found.ledger.lost)});
  }
  if (found.bytes_used * 10 > bytes_limit * 9) {
    findings.push_back({"outbox", Level::warning,
                        fmt::format("{} of {} bytes are used; when it is full, new messages are "
                                    "refused: raise outbox.maxBytes, or see why nothing is "
                                    "delivered",
                                    found.bytes_used, bytes_limit)});
  }
  return findings;
}

std::vector<Finding> diagnose_set_aside(const std::string& state_dir) {
  std::vector<Finding> findings;
  const std::string stem = name_of(path_of(outbox_file(state_dir)).filename()) + ".damaged-";
  std::error_code error;
  for (fs::directory_iterator entry(path_of(state_dir), error); !error && entry != fs::end(entry);
       entry.increment(error)) {
    const std::string name = name_of(entry->path().filename());
    if (name.starts_with(stem) && !name.ends_with("-wal")) {
      findings.push_back({"outbox", Level::warning,
                          name_of(entry->path()) +
                              " is a damaged outbox that was salvaged; delete it when you need it "
                              "no more"});
    }
  }
  return findings;
}

}  // namespace reporterd
