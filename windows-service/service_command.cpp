#include "windows-service/service_command.h"

#include <windows.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>

#include "daemon/program.h"
#include "windows-service/event_log.h"
#include "windows-service/installation.h"
#include "windows-service/manager.h"

namespace reporterd {
namespace {

// As reporterctl has them.
constexpr int exit_not_running = 3;
constexpr int exit_denied = 4;
constexpr int exit_try_later = 75;

int told(const WindowsError& error) {
  std::fprintf(stderr, "reporterd: %s\n", error.what.c_str());
  switch (error.number) {
    case ERROR_ACCESS_DENIED:
      return exit_denied;
    case ERROR_SERVICE_DOES_NOT_EXIST:
    case ERROR_SERVICE_NOT_ACTIVE:
      return exit_not_running;
    default:
      return exit_failure;
  }
}

int done(const char* what) {
  std::printf("%s\n", what);
  return 0;
}

int done(const WindowsResult<Warnings>& result, const char* what) {
  if (!result) {
    // An installer shows nobody what is printed.
    event_log()(event_of(Notable::other_error, result.error().what));
    return told(result.error());
  }
  for (const std::string& warning : *result) {
    std::fprintf(stderr, "reporterd: %s\n", warning.c_str());
  }
  return done(what);
}

int start() {
  auto service = open_service(SERVICE_START | SERVICE_QUERY_STATUS);
  if (!service) {
    return told(service.error());
  }
  if (StartServiceW(service->get(), 0, nullptr) == 0) {
    const DWORD error = GetLastError();
    if (error == ERROR_SERVICE_ALREADY_RUNNING) {
      return done("reporterd runs already");
    }
    return told(
        refused("cannot start the service reporterd; the Event Log says why", error).error());
  }
  const auto status = wait_for(service->get(), SERVICE_RUNNING, patience_ms);
  if (!status) {
    return told(status.error());
  }
  switch (status->dwCurrentState) {
    case SERVICE_RUNNING:
      return done("reporterd runs");
    case SERVICE_STOPPED:
      std::fprintf(stderr, "reporterd: it did not start; the Event Log says why\n");
      return status->dwServiceSpecificExitCode == exit_config ? exit_config : exit_failure;
    default:
      std::fprintf(stderr, "reporterd: it is still starting; `reporterd service status` tells\n");
      return exit_try_later;
  }
}

int stop() {
  if (auto stopped = stop_service(); !stopped) {
    return told(stopped.error());
  }
  return done("reporterd is stopped; what waits is kept");
}

int show_status() {
  auto service = open_service(SERVICE_QUERY_STATUS);
  if (!service) {
    return told(service.error());
  }
  const auto status = query_status(service->get());
  if (!status) {
    return told(status.error());
  }
  switch (status->dwCurrentState) {
    case SERVICE_RUNNING:
      std::printf("reporterd runs, process %lu\n", status->dwProcessId);
      return 0;
    case SERVICE_START_PENDING:
      std::printf("reporterd is starting, process %lu\n", status->dwProcessId);
      return exit_try_later;
    case SERVICE_STOP_PENDING:
      std::printf("reporterd is stopping, process %lu\n", status->dwProcessId);
      return exit_try_later;
    default:
      break;
  }
  if (status->dwWin32ExitCode == ERROR_SERVICE_SPECIFIC_ERROR) {
    std::printf("reporterd is stopped; its exit code was %lu\n", status->dwServiceSpecificExitCode);
  } else {
    std::printf("reporterd is stopped\n");
  }
  return exit_not_running;
}

}  // namespace

const char* const service_help =
    "`reporterd service install|uninstall|start|stop|status|configure` is about the Windows\n"
    "service; `reporterd service --help` says more.\n";

int service_command(std::vector<std::string> words) {
  InstallOptions options;
  bool purge = false;
  CLI::App cli{"The Windows service reporterd. All but status wants an administrator.",
               "reporterd service"};
  cli.require_subcommand(1);
  const auto placed = [&](CLI::App* verb) {
    verb->add_option("--config", options.config_file,
                     "configuration file of the service; stays where it is when not given");
    verb->add_option("--state-dir", options.state_dir, "folder of its outbox; likewise");
    verb->add_option("--initial-config", options.initial_config,
                     "a file that becomes the configuration where there is none yet");
    return verb;
  };
  const auto* install =
      placed(cli.add_subcommand("install", "make the service, its folders and its local group"));
  const auto* configure =
      placed(cli.add_subcommand("configure", "set up a service that an installer has made"));
  auto* uninstall = cli.add_subcommand("uninstall", "stop and remove the service; data is kept");
  uninstall->add_flag("--purge", purge, "remove configuration, outbox and log as well");
  const auto* starting = cli.add_subcommand("start", "start it, and wait until it serves");
  const auto* stopping = cli.add_subcommand("stop", "stop it, and wait until it has");
  cli.add_subcommand("status", "whether it runs");
  cli.footer(
      "Exit status: 0 ok, 1 failure, 2 usage, 3 not running, 4 not an administrator, 75 between\n"
      "two states, 78 configuration error.");
  try {
    std::ranges::reverse(words);  // as the parser wants them
    cli.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      return cli.exit(error);
    }
    std::fprintf(stderr, "reporterd: %s; see reporterd service --help\n", error.what());
    return exit_usage;
  }
  if (install->parsed()) {
    return done(install_service(options), "reporterd is installed as a service");
  }
  if (configure->parsed()) {
    return done(configure_service(options), "the service reporterd is set up");
  }
  if (uninstall->parsed()) {
    const auto gone = uninstall_service(purge);
    return gone ? done(purge ? "the service reporterd and its data are removed"
                             : "the service reporterd is removed; its data is kept")
                : told(gone.error());
  }
  return starting->parsed() ? start() : stopping->parsed() ? stop() : show_status();
}

}  // namespace reporterd
