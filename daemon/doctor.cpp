#include "daemon/doctor.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "daemon/config_files.h"
#include "daemon/core/timestamp.h"
#include "daemon/preview.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;
using Level = Finding::Level;

constexpr std::int64_t first_version_us = 1'790'000'000'000'000;  // of this program; autumn 2026
constexpr Micros clock_slack = std::chrono::minutes(1);

// What a file's mode must not allow.
struct Rule {
  std::string file;
  fs::perms forbidden;
  const char* why;
};

std::vector<Rule> rules_for(const std::string& config_file, const Config& config,
                            const std::string& state_dir) {
  constexpr fs::perms others = fs::perms::others_all;
  constexpr fs::perms any_other = fs::perms::group_all | fs::perms::others_all;
  constexpr fs::perms changed = fs::perms::group_write | fs::perms::others_write;
  std::vector<Rule> rules = {
      {state_dir, others | fs::perms::group_write, "holds what is not sent yet"},
      {outbox_file(state_dir), any_other, "holds what is not sent yet"},
      {config_file, changed, "decides where messages go"}};
  const DestinationConfig& destination = config.destination;
  for (const std::string& secret :
       {destination.function_key_file, destination.proxy_credentials_file,
        destination.client_key_file}) {
    if (!secret.empty()) {
      rules.push_back({secret, others | fs::perms::group_write, "holds a secret"});
    }
  }
  return rules;
}

fs::perms too_much(const Rule& rule) {
  std::error_code error;
  const fs::perms perms = fs::status(rule.file, error).permissions();
  return error || perms == fs::perms::unknown ? fs::perms::none : perms & rule.forbidden;
}

// A copy of what is forbidden, in the words of chmod.
std::string chmod_words(fs::perms perms) {
  const auto letters = [&](fs::perms read, fs::perms write, fs::perms enter, char who) {
    std::string words;
    words += (perms & read) != fs::perms::none ? "r" : "";
    words += (perms & write) != fs::perms::none ? "w" : "";
    words += (perms & enter) != fs::perms::none ? "x" : "";
    return words.empty() ? words : fmt::format("{}-{}", who, words);
  };
  const std::string group =
      letters(fs::perms::group_read, fs::perms::group_write, fs::perms::group_exec, 'g');
  const std::string others =
      letters(fs::perms::others_read, fs::perms::others_write, fs::perms::others_exec, 'o');
  return group + (group.empty() || others.empty() ? "" : ",") + others;
}

Finding diagnose_butler(const std::string& about, const ButlerConfig& butler, bool follow_butler) {
  const ButlerReading reading = read_butler(butler);
  switch (reading.state) {
    case ButlerReading::State::unknown:
      return {about, Level::problem, reading.why + "; its messages are held until it can be read"};
    case ButlerReading::State::off:
      return {about, Level::ok,
              butler.config_file + (follow_butler ? ": its own switch is off, nothing is sent of it"
                                                  : ": only reporterd sends for it")};
    case ButlerReading::State::on:
      break;
  }
  return {about, Level::warning,
          butler.config_file +
              ": Butler sends for itself as well, so each report arrives twice; to let reporterd "
              "alone send, set its anonTelemetry to false and telemetry.followButler to false"};
}

}  // namespace

Finding diagnose_configuration(const std::string& file) {
  const auto config = load_config(file);
  if (!config) {
    return {"configuration", Level::problem, config.error().what};
  }
  if (const Status log = check_log_file(config->log); !log) {
    return {"configuration", Level::problem, log.error().what};
  }
  const auto named = read_named_files(*config, service_consent(config->telemetry));
  if (!named) {
    return {"configuration", Level::problem, named.error().what};
  }
  return {"configuration", Level::ok, file + " is valid"};
}

std::vector<Finding> diagnose_permissions(const std::string& config_file, const Config& config,
                                          const std::string& state_dir) {
  std::vector<Finding> findings;
  for (const Rule& rule : rules_for(config_file, config, state_dir)) {
    if (const fs::perms perms = too_much(rule); perms != fs::perms::none) {
      findings.push_back({"permissions", Level::problem,
                          fmt::format("{} {}, and is open to others; chmod {} {}", rule.file,
                                      rule.why, chmod_words(perms), rule.file)});
    }
  }
  if (findings.empty()) {
    findings.push_back({"permissions", Level::ok, "nobody else can read or change what is kept"});
  }
  return findings;
}

std::vector<std::string> repair_permissions(const std::string& config_file, const Config& config,
                                            const std::string& state_dir) {
  std::vector<std::string> repaired;
  for (const Rule& rule : rules_for(config_file, config, state_dir)) {
    std::error_code error;
    if (const fs::perms perms = too_much(rule); perms != fs::perms::none) {
      fs::permissions(rule.file, perms, fs::perm_options::remove, error);
      if (!error) {
        repaired.push_back(rule.file);
      }
    }
  }
  return repaired;
}

std::vector<Finding> diagnose_butlers(const Config& config) {
  std::vector<Finding> findings;
  findings.reserve(config.butlers.size());
  for (std::size_t i = 0; i < config.butlers.size(); ++i) {
    findings.push_back(diagnose_butler(fmt::format("Butler {}", i + 1), config.butlers[i],
                                       config.telemetry.follow_butler));
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

std::vector<Finding> diagnose_outbox(const Examination& found, std::int64_t bytes_limit) {
  std::vector<Finding> findings;
  findings.reserve(found.damage.size());
  for (const std::string& damage : found.damage) {
    findings.push_back({"outbox", Level::problem,
                        "damaged: " + damage +
                            "; the next start of reporterd keeps the file aside and salvages what "
                            "can be read"});
  }
  if (found.wrong_bodies > 0) {
    findings.push_back({"outbox", Level::problem,
                        fmt::format("messages that do not match their SHA-256: {}; they are never "
                                    "sent, and count as lost when their turn comes",
                                    found.wrong_bodies)});
  }
  if (findings.empty()) {
    findings.push_back(
        {"outbox", Level::ok,
         fmt::format("every page is sound, the ledger balances; messages waiting: {}",
                     found.ledger.queued + found.ledger.held)});
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
  const std::string stem = fs::path(outbox_file(state_dir)).filename().string() + ".damaged-";
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(state_dir, error)) {
    const std::string name = entry.path().filename();
    if (name.starts_with(stem) && !name.ends_with("-wal")) {
      findings.push_back({"outbox", Level::warning,
                          entry.path().string() +
                              " is a damaged outbox that was salvaged; delete it when you need it "
                              "no more"});
    }
  }
  return findings;
}

}  // namespace reporterd
