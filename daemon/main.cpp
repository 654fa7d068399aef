// reporterd: keeps telemetry messages in a local outbox and delivers them.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "daemon/app.h"
#include "daemon/arguments.h"
#include "daemon/config.h"
#include "daemon/config_files.h"
#include "daemon/io/memory.h"
#include "daemon/io/service_manager.h"
#include "daemon/io/signals.h"
#include "daemon/places.h"
#include "daemon/preview.h"
#include "version.h"

namespace {

// sysexits.h, as systemd knows them: a configuration error is not worth a restart.
constexpr int exit_failure = 1;
constexpr int exit_usage = 2;
constexpr int exit_config = 78;

int complain(const reporterd::Error& error) {
  // sd-daemon(3): the journal takes it as an error.
  // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread yet
  const char* const priority = std::getenv("JOURNAL_STREAM") == nullptr ? "" : "<3>";
  std::fprintf(stderr, "%sreporterd: %s\n", priority, error.what.c_str());
  return error.code == reporterd::ErrorCode::config ? exit_config : exit_failure;
}

int serve(const reporterd::AppOptions& options, bool check_only) {
  auto config = reporterd::load_config(options.config_file);
  if (!config) {
    return complain(config.error());
  }
  if (check_only) {
    const reporterd::Consent consent = reporterd::service_consent(config->telemetry);
    if (auto read = reporterd::read_named_files(*config, consent); !read) {
      return complain(read.error());
    }
    std::printf("%s: valid\n", options.config_file.c_str());
    return 0;
  }
  reporterd::limit_heaps();
  reporterd::ignore_signals_of_writes();
  const reporterd::ServiceManager manager;
  auto app = reporterd::App::start(options, std::move(*config), manager);
  if (!app) {
    return complain(app.error());
  }
  (*app)->run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  reporterd::AppOptions options{reporterd::default_config_file(), reporterd::default_state_dir(),
                                reporterd::default_socket_dir()};
  bool check_only = false;
  CLI::App cli{
      "Keeps Butler's telemetry in a local outbox and delivers it, each message stored once.",
      "reporterd"};
  cli.set_version_flag("--version", std::string("reporterd ") + reporterd::version);
  cli.add_option("--config", options.config_file, "configuration file")->capture_default_str();
  cli.add_option("--state-dir", options.state_dir, "folder of the outbox")->capture_default_str();
  cli.add_option("--socket-dir", options.socket_dir, "folder of submit/socket and control/socket")
      ->capture_default_str();
  cli.add_flag("--check", check_only, "check the configuration, then exit (78: not valid)");
  cli.footer("Exit status: 0 ok, 1 failure, 2 usage, 78 configuration error.");
  try {
    std::vector<std::string> words = reporterd::arguments_in_utf8(argc, argv);
    std::ranges::reverse(words);  // as the parser wants them
    cli.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      return cli.exit(error);  // prints what --help or --version ask for
    }
    std::fprintf(stderr, "reporterd: %s; see reporterd --help\n", error.what());
    return exit_usage;
  }
  return serve(options, check_only);
} catch (const std::exception& error) {  // out of memory, and bugs
  std::fprintf(stderr, "reporterd: %s\n", error.what());
  return exit_failure;
}
