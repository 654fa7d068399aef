// The same questions with the service down.
#include <fmt/format.h>

#include <utility>

#include "daemon/doctor.h"

namespace reporterd {
namespace {

using Level = Finding::Level;

void append(std::vector<Finding>& findings, std::vector<Finding> more) {
  findings.insert(findings.end(), more.begin(), more.end());
}

Finding unreadable(const Error& error) {
  if (error.code == ErrorCode::not_found) {
    return {"outbox", Level::warning, error.what + "; the first start of reporterd makes it"};
  }
  if (error.code == ErrorCode::locked) {
    return {"outbox", Level::warning,
            "in use: reporterd runs; ask it (without options), or stop it before a repair"};
  }
  return {"outbox", Level::problem, error.what};
}

bool is_damaged(const Result<Examination>& found) {
  return found ? !found->damage.empty() : found.error().code == ErrorCode::corrupt;
}

// Examines, repairs if that is wanted and needed, and examines again.
Result<Examination> examine_and_repair(const std::string& file, bool repair, WallTime now,
                                       std::vector<Finding>& findings) {
  auto found = examine_file(file);
  if (!repair || !is_damaged(found)) {
    return found;
  }
  const auto repaired = repair_file(file, now);
  if (!repaired) {
    findings.push_back({"repair", Level::problem, "not possible: " + repaired.error().what});
    return found;
  }
  findings.push_back(
      {"repair", Level::ok,
       fmt::format("the damaged outbox is set aside; messages salvaged: {}, lost: {}",
                   repaired->messages, repaired->lost)});
  return examine_file(file);
}

}  // namespace

std::vector<Finding> diagnose_offline(Finding service, const std::string& config_file,
                                      const std::string& state_dir, bool repair, WallTime now) {
  std::vector<Finding> findings = {std::move(service), diagnose_configuration(config_file)};
  const Config config = load_config(config_file).value_or(Config{});
  if (repair) {
    for (const std::string& file : repair_permissions(config_file, config, state_dir)) {
      findings.push_back({"repair", Level::ok, file + " is closed to others now"});
    }
  }
  append(findings, diagnose_permissions(config_file, config, state_dir));
  if (findings[1].level == Level::ok) {
    append(findings, diagnose_butlers(config));
  }
  const auto found = examine_and_repair(outbox_file(state_dir), repair, now, findings);
  if (found) {
    append(findings, diagnose_outbox(*found, static_cast<std::int64_t>(config.outbox.max_bytes)));
  } else {
    findings.push_back(unreadable(found.error()));
  }
  append(findings, diagnose_set_aside(state_dir));
  findings.push_back(diagnose_clock(now, found ? found->newest_accepted : std::nullopt));
  findings.push_back(
      {"endpoint", Level::warning, "not tried: only the service connects; start it and ask again"});
  return findings;
}

}  // namespace reporterd
