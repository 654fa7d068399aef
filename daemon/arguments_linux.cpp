#include "daemon/arguments.h"

namespace reporterd {

std::vector<std::string> arguments_in_utf8(int argc, char** argv) {
  return {argv + (argc > 0 ? 1 : 0), argv + argc};
}

}  // namespace reporterd
