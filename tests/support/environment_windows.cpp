#include <cstdlib>

#include "tests/support/environment.h"

namespace reporterd {

void set_variable(const char* name, const std::string& value) {
  _putenv_s(name, value.c_str());
}

void remove_variable(const char* name) {
  _putenv_s(name, "");
}

}  // namespace reporterd
