#include "daemon/program.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <utility>

#include "daemon/app.h"
#include "daemon/config.h"
#include "daemon/config_files.h"
#include "daemon/io/memory.h"
#include "daemon/io/service_manager.h"
#include "daemon/io/signals.h"
#include "daemon/places.h"
#include "daemon/preview.h"
#include "version.h"

namespace reporterd {
namespace {

int refuse(const Surroundings& surroundings, const Error& error) {
  const int exit_code = error.code == ErrorCode::config ? exit_config : exit_failure;
  surroundings.complain(error.what, exit_code);
  return exit_code;
}

int serve(const AppOptions& options, bool check_only, const Surroundings& surroundings) {
  auto config = load_config(options.config_file);
  if (!config) {
    return refuse(surroundings, config.error());
  }
  if (check_only) {
    const Consent consent = service_consent(config->telemetry);
    if (auto read = read_named_files(*config, consent); !read) {
      return refuse(surroundings, read.error());
    }
    std::printf("%s: valid\n", options.config_file.c_str());
    return 0;
  }
  limit_heaps();
  ignore_signals_of_writes();
  const ServiceManager manager;
  auto app = App::start(options, std::move(*config), manager);
  if (!app) {
    return refuse(surroundings, app.error());
  }
  (*app)->run();
  return 0;
}

int obey(std::vector<std::string> words, const Surroundings& surroundings) {
  AppOptions options{default_config_file(), default_state_dir(), default_socket_dir(),
                     surroundings.log_file, surroundings.sinks};
  bool check_only = false;
  CLI::App cli{
      "Keeps Butler's telemetry in a local outbox and delivers it, each message stored once.",
      "reporterd"};
  cli.set_version_flag("--version", std::string("reporterd ") + version);
  cli.add_option("--config", options.config_file, "configuration file")->capture_default_str();
  cli.add_option("--state-dir", options.state_dir, "folder of the outbox")->capture_default_str();
  cli.add_option(
         "--socket-dir", options.socket_dir,
         "folder of submit/socket and control/socket; on Windows the start of the pipes' names")
      ->capture_default_str();
  cli.add_flag("--check", check_only, "check the configuration, then exit (78: not valid)");
  cli.footer(surroundings.more_help +
             "Exit status: 0 ok, 1 failure, 2 usage, 78 configuration error.");
  try {
    std::ranges::reverse(words);  // as the parser wants them
    cli.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      return cli.exit(error);  // prints what --help or --version ask for
    }
    surroundings.complain(std::string(error.what()) + "; see reporterd --help", exit_usage);
    return exit_usage;
  }
  return serve(options, check_only, surroundings);
}

}  // namespace

int run_program(std::vector<std::string> words, const Surroundings& surroundings) try {
  return obey(std::move(words), surroundings);
} catch (const std::exception& error) {  // out of memory, and bugs
  surroundings.complain(error.what(), exit_failure);
  return exit_failure;
}

}  // namespace reporterd
