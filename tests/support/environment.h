#pragma once
// The environment of this process, as its libraries see it. While no other thread runs.

#include <string>
#include <vector>

namespace reporterd {

void set_variable(const char* name, const std::string& value);
void remove_variable(const char* name);
// All of it, as NAME=value.
std::vector<std::string> environment_now();

}  // namespace reporterd
