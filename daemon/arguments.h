#pragma once
// The words of the command line, in UTF-8 whatever the system hands to main.

#include <string>
#include <vector>

namespace reporterd {

// Without the program's own name. `argc` and `argv` are main's.
std::vector<std::string> arguments_in_utf8(int argc, char** argv);

}  // namespace reporterd
