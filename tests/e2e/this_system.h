#pragma once
// What the programs do in another way on each system.

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/e2e/programs.h"

namespace reporterd {

// How a line of the log begins, and one that warns.
bool is_log_line(std::string_view line);
extern const std::string warning_mark;

// The file of a socket, or a pipe of this name.
bool socket_exists(const std::string& name);

// What doctor says of all but, under wine, the files' permissions: wine says that it closes files
// to others, and does not.
testing::AssertionResult nothing_is_wrong(const Ended& doctor);

}  // namespace reporterd
