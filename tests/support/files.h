#pragma once
// Whole files as bytes.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace reporterd {

// "": it cannot be read.
inline std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_bytes(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace reporterd
