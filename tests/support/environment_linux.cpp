#include <unistd.h>

#include <cstdlib>

#include "tests/support/environment.h"

namespace reporterd {

// NOLINTBEGIN(concurrency-mt-unsafe): the caller sees to it
void set_variable(const char* name, const std::string& value) {
  setenv(name, value.c_str(), 1);
}

void remove_variable(const char* name) {
  unsetenv(name);
}
// NOLINTEND(concurrency-mt-unsafe)

std::vector<std::string> environment_now() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    variables.emplace_back(*variable);
  }
  return variables;
}

}  // namespace reporterd
