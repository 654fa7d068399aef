#include <fmt/format.h>
#include <sys/wait.h>

#include <cstdlib>

#include "tests/unit/ctl/run_program.h"

namespace reporterd {

std::string program_under_test() {
  return BINARY_DIR "/bin/reporterctl";
}

int run_program(const std::string& folder, const std::vector<std::string>& command) {
  std::string line = fmt::format("cd '{}' && exec", folder);
  for (const std::string& word : command) {
    line += fmt::format(" '{}'", word);
  }
  const int status = std::system((line + " < in > out 2> err").c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace reporterd
