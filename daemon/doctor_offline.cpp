// The same questions with the service down.
#include <fmt/format.h>

#include <utility>

#include "daemon/doctor.h"

namespace reporterd {
namespace {

using Level = Finding::Level;

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

std::vector<Finding> look_at_outbox(const std::string& file, std::int64_t bytes_limit,
                                    const Result<Examination>& found) {
  if (found ||
      (found.error().code != ErrorCode::not_found && found.error().code != ErrorCode::locked)) {
    return diagnose_outbox(found, bytes_limit);
  }
  return {{"outbox", Level::warning,
           found.error().code == ErrorCode::not_found
               ? found.error().what + "; the first start of reporterd makes it"
               : file + " is in use: reporterd runs; ask it (without options), or stop it before a "
                        "repair"}};
}

}  // namespace

std::vector<Finding> diagnose_offline(Finding service, const std::string& config_file,
                                      const std::string& state_dir, bool repair, WallTime now) {
  const Finding configuration = diagnose_configuration(config_file);
  const auto loaded = load_config(config_file);
  const Config config = loaded.value_or(Config{});
  std::vector<Finding> findings = {std::move(service), configuration};
  if (repair) {
    append(findings, repair_permissions(config_file, config, state_dir));
  }
  append(findings, diagnose_permissions(config_file, config, state_dir));
  if (loaded) {
    append(findings, diagnose_butlers(config));
  }
  const std::string file = outbox_file(state_dir);
  const auto found = examine_and_repair(file, repair, now, findings);
  append(findings, look_at_outbox(file, static_cast<std::int64_t>(config.outbox.max_bytes), found));
  append(findings, diagnose_set_aside(state_dir));
  findings.push_back(diagnose_clock(now, found ? found->newest_accepted : std::nullopt));
  findings.push_back(
      {"endpoint", Level::warning, "not tried: only the service connects; start it and ask again"});
  return findings;
}

}  // namespace reporterd
