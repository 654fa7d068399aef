// reporterd: keeps telemetry messages in a local outbox and delivers them.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "daemon/arguments.h"
#include "daemon/program.h"

namespace {

void complain(const std::string& line, int) {
  // sd-daemon(3): the journal takes it as an error.
  // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread yet, or again
  const char* const priority = std::getenv("JOURNAL_STREAM") == nullptr ? "" : "<3>";
  std::fprintf(stderr, "%sreporterd: %s\n", priority, line.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  return reporterd::run_program(reporterd::arguments_in_utf8(argc, argv), {complain});
}
