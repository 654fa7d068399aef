#pragma once
// The arrows between the rooms, and which room may see which library.

#include <string_view>
#include <vector>

#include "tests/house/house_rules.h"

namespace reporterd {

void check_includes(const SourceFile& file, std::vector<Finding>& findings);

// No room gets to see a library's handles by way of another room's header.
void check_handles_stay(const std::vector<SourceFile>& files, std::vector<Finding>& findings);

// host_linux.cpp, small_file_windows.h, program_windows_test.cpp
bool is_of_one_system(std::string_view path);

}  // namespace reporterd
