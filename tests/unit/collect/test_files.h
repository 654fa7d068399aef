#pragma once
// A folder of its own for each test that needs files, and the golden files.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/path.h"
#include "tests/support/temp_folder.h"

namespace reporterd {

class Folder : public TempFolder {
 public:
  // Writes a file, its folders made; returns its full name.
  std::string write(std::string_view name, std::string_view text) const {
    const auto file = path() / path_of(name);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return name_of(file);
  }
};

inline std::string file_text(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  EXPECT_TRUE(in) << file;
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::filesystem::path golden_folder(std::string_view name) {
  return std::filesystem::path(SOURCE_DIR) / "tests/unit/collect/golden" / name;
}

inline std::vector<std::filesystem::path> golden_files(std::string_view folder,
                                                       std::string_view ending) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(golden_folder(folder))) {
    if (entry.path().string().ends_with(ending)) {
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace reporterd
