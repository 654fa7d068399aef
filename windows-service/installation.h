#pragma once
// The service in the system: made, set up, removed. Each step that is done already is done.

#include <string>
#include <vector>

#include "windows-service/windows_error.h"

namespace reporterd {

struct InstallOptions {
  // "": where the service has it already, or else the usual place, which the command line need not
  // name.
  std::string config_file = {};
  std::string state_dir = {};  // likewise
  // Becomes the configuration where there is none yet; "": the sample beside the program. A
  // relative name is taken from the current folder.
  std::string initial_config = {};
};

// Warnings, a line each.
using Warnings = std::vector<std::string>;

// What the service control manager is to start, of this program.
std::string service_command_line(const InstallOptions& options);
// `options` with what they leave open as a present command line says it.
InstallOptions with_places_of(const std::string& command_line, InstallOptions options);

// Makes the service, or finds it there, and sets it up. A failure leaves nothing behind of what was
// not there before, and a service only as it was.
WindowsResult<Warnings> install_service(const InstallOptions& options);
// The same for one that an installer made.
WindowsResult<Warnings> configure_service(const InstallOptions& options);

// Stops the service and removes it with its Event Log source. `purge`: configuration, outbox, log
// (in their usual places) and our local group as well. None there is fine.
WindowsStatus uninstall_service(bool purge);

// How long a start or a stop is waited for.
inline constexpr std::uint32_t patience_ms = 30'000;

// Asks the service to stop and waits. Not running is fine.
WindowsStatus stop_service();

}  // namespace reporterd
