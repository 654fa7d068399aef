#pragma once
// Which Butler and which Node run here: from package.json, else from Butler's log.

#include <string>
#include <string_view>

namespace reporterd {

struct ButlerVersions {
  std::string butler;  // "" : not found
  std::string node;    // likewise; "v14.16.0"
};

// "version" of a package.json; "" when it has none that is_version (core/message_rules.h).
std::string package_version(std::string_view package_json);

// The newest start-up banner in a piece of Butler's log, which may start or end within a line.
ButlerVersions banner_versions(std::string_view log);

// Looks in package.json of the folder of `config_file` and of the one above, and in Butler's newest
// log files (`log_directory`, relative to the folder above the configuration's; a Butler that has
// run for days has its banner in an older one). Reads at most 1 MiB of each of 31 files.
ButlerVersions find_versions(const std::string& config_file, const std::string& log_directory);

}  // namespace reporterd
