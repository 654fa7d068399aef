#pragma once
// `reporterd service ...`: the service from the command line.

#include <string>
#include <vector>

namespace reporterd {

// For --help.
extern const char* const service_help;

// `words` are what stands behind `service`. Prints what was done on stdout, why not on stderr, and
// returns the exit code: 0 done, 1 failure, 2 usage, 3 not running or not installed, 4 no
// administrator, 75 between two states; 78 a start that found a configuration error.
int service_command(std::vector<std::string> words);

}  // namespace reporterd
