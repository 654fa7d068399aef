#pragma once
// What a system says of files. One implementation for each.

#include <string>

namespace reporterd {

std::string missing_file();

}  // namespace reporterd
