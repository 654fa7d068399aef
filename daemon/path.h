#pragma once
// Names of files are UTF-8 in all of the project, on every system. The standard library takes
// narrow names for those of the machine's code page (Windows), so they pass through here.

#include <filesystem>
#include <string>
#include <string_view>

namespace reporterd {

inline std::filesystem::path path_of(std::string_view name) {
  return {std::u8string(name.begin(), name.end())};
}

// Not all names on Windows have a UTF-8 form (lone surrogates): the standard library throws then.
inline std::string name_of(const std::filesystem::path& path) {
  const std::u8string name = path.u8string();
  return {name.begin(), name.end()};
}

}  // namespace reporterd
