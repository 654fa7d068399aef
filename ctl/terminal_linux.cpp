#include <unistd.h>

#include "ctl/terminal.h"

namespace reporterd::ctl {

bool stdout_is_terminal() {
  return isatty(STDOUT_FILENO) == 1;
}

}  // namespace reporterd::ctl
