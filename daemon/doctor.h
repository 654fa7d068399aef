#pragma once
// What is wrong on this machine and what to do about it, for an owner: asked of the running
// service, or found by reporterctl alone. Reads files; changes and sends nothing. Any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/config.h"
#include "daemon/control/service.h"
#include "daemon/core/time.h"
#include "store/examination.h"

namespace reporterd {

// The configuration as it is on disk now, and the files that it names.
Finding diagnose_configuration(const std::string& file);

// Adds all of `more`.
void append(std::vector<Finding>& findings, std::vector<Finding> more);

// Who may read and write the state, the configuration and its secrets; one finding when all is as
// it should be.
std::vector<Finding> diagnose_permissions(const std::string& config_file, const Config& config,
                                          const std::string& state_dir);

// Takes that access away; a finding for each file. Links are not followed.
std::vector<Finding> repair_permissions(const std::string& config_file, const Config& config,
                                        const std::string& state_dir);

// Of each Butler: can it be read, does it send for itself as well.
std::vector<Finding> diagnose_butlers(const Config& config);
// The problems among these; none while consent is off.
std::vector<std::string> butler_problems(const Config& config);

// `newest_accepted`: of the messages in the outbox; none was taken later than now.
Finding diagnose_clock(WallTime now, std::optional<WallTime> newest_accepted);

// `bytes_limit`: outbox.maxBytes. Damage is told as about "damage", all else as about "outbox".
std::vector<Finding> diagnose_outbox(const Result<Examination>& examined, std::int64_t bytes_limit);

// Damaged files that were set aside, for the owner to look at and delete.
std::vector<Finding> diagnose_set_aside(const std::string& state_dir);

// All of this with the service down. `service`: what is known of it. `repair`: closes files to
// others, and salvages a damaged outbox as the next start would; only as the outbox's owner.
std::vector<Finding> diagnose_offline(Finding service, const std::string& config_file,
                                      const std::string& state_dir, bool repair, WallTime now);

}  // namespace reporterd
