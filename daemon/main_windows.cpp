// reporterd: keeps telemetry messages in a local outbox and delivers them. In a console, or as the
// Windows service (`service run`), or about that service (`service install`, ...). That the service
// control manager started us must be said on the command line: to find out takes seconds.
#include <cstdio>
#include <string>
#include <utility>

#include "daemon/arguments.h"
#include "daemon/places.h"
#include "daemon/program.h"
#include "daemon/security_windows.h"
#include "windows-service/event_log.h"
#include "windows-service/service_command.h"
#include "windows-service/service_main.h"

namespace reporterd {
namespace {

void complain(const std::string& line, int) {
  std::fprintf(stderr, "reporterd: %s\n", line.c_str());
}

int serve_the_manager(const std::vector<std::string>& words) {
  const WriteEvent write = event_log();
  const Surroundings surroundings{
      [write](const std::string& line, int exit_code) {
        write(event_of(
            exit_code == exit_config ? Notable::configuration_wrong : Notable::start_failed, line));
      },
      default_log_file(),
      {event_log_sink(write)}};
  const auto ended = run_as_service([&] {
    if (const DWORD error = own_as_the_service(); error != ERROR_SUCCESS) {
      surroundings.complain(refused("cannot be NT SERVICE\\reporterd", error).error().what,
                            exit_failure);
      return exit_failure;
    }
    return run_program(words, surroundings);
  });
  if (!ended) {
    complain(ended.error().what, exit_failure);
  }
  return ended.value_or(exit_failure);
}

int run(std::vector<std::string> words) {
  if (words.empty() || words.front() != "service") {
    return run_program(std::move(words), {complain, "", {}, service_help});
  }
  words.erase(words.begin());
  if (words.empty() || words.front() != "run") {
    return service_command(std::move(words));
  }
  words.erase(words.begin());
  return serve_the_manager(words);
}

}  // namespace
}  // namespace reporterd

int main(int argc, char** argv) {
  return reporterd::run(reporterd::arguments_in_utf8(argc, argv));
}
