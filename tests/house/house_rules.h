#pragma once
// The rules of the house that a compiler does not know: who may include whom, how large a file may
// be, what must not stand in a test. Each is a function over one file.

#include <filesystem>
#include <string>
#include <vector>

namespace reporterd {

struct SourceFile {
  std::filesystem::path root;
  std::string path;  // from the root, with /
  std::vector<std::string> lines;
};

struct Finding {
  std::string path;
  std::size_t line = 0;  // 0: the file as a whole
  std::string what;
};

// Applies every rule to every file of the project below `root` (build/ and hidden folders but .ci/
// are left out).
std::vector<Finding> check_house(const std::filesystem::path& root);

// The files that check_house looks at.
std::vector<SourceFile> read_house(const std::filesystem::path& root);

}  // namespace reporterd
