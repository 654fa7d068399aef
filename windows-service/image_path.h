#pragma once
// The command line that the service control manager starts.

#include <string>
#include <vector>

namespace reporterd {

// The program's name always in quotes: where one with a blank has none, Windows tries what stands
// before the blank first. Words are quoted where CommandLineToArgvW() wants it. All UTF-8.
std::string command_line(const std::string& program, const std::vector<std::string>& words);

// As the started program gets them, with its own name in front.
std::vector<std::string> words_of(const std::string& command_line);

}  // namespace reporterd
