#pragma once

#include <string>
#include <vector>

namespace reporterd {

// reporterctl as it was built.
std::string program_under_test();

// Runs command[0] in `folder` to its end, with the file "in" there as its input; it writes "out"
// and "err". Its exit code; -1 when it ended in another way.
int run_program(const std::string& folder, const std::vector<std::string>& command);

}  // namespace reporterd
