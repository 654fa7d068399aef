#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "ctl/terminal.h"

namespace reporterd::ctl {

void prepare_streams() {}

bool stdout_takes_colour() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the environment is only read, and there is one thread
  const char* const terminal = std::getenv("TERM");
  const bool is_dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return !is_dumb && isatty(STDOUT_FILENO) == 1;
}

}  // namespace reporterd::ctl
