#pragma once
// Completions for shells, made from the command table: a shell asks reporterctl itself, which needs
// no service for it.

#include <span>
#include <string>
#include <vector>

namespace reporterd::ctl {

// As the first argument: what follows is the command line so far.
inline constexpr const char* complete_word = "__complete";
// The only candidate where the name of a file is wanted: shells know files better.
inline constexpr const char* files_word = ":files";

// What may stand in the place of the last of `words`, which may be only begun; `words` are those
// behind the program's name.
std::vector<std::string> candidates(std::span<const std::string> words);

// Prints them, a line each; 0.
int print_candidates(const std::vector<std::string>& words);

}  // namespace reporterd::ctl
