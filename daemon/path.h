#pragma once
// Names of files are UTF-8 in all of the project, on every system. The standard library takes
// narrow names for those of the machine's code page (Windows), so they pass through here.

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

namespace reporterd {

inline std::filesystem::path path_of(std::string_view name) {
  return {std::u8string(name.begin(), name.end())};
}

// \\server\share\..., or \\?\C:\...: mingw-w64's library takes it for a folder on some drive, so it
// is kept from absolute() and from `folder / name`. On Linux, names with two slashes in front.
inline bool is_on_server(std::string_view name) {
  const auto is_separator = [](char c) {
    return c == '/' || c == std::filesystem::path::preferred_separator;
  };
  return name.size() > 2 && is_separator(name[0]) && is_separator(name[1]);
}

// A name that stands in a file of `folder`.
inline std::filesystem::path path_in(const std::filesystem::path& folder, std::string_view name) {
  return is_on_server(name) ? path_of(name) : folder / path_of(name);
}

// From this process's folder on.
inline std::filesystem::path absolute_path_of(std::string_view name, std::error_code& error) {
  error.clear();
  return is_on_server(name) ? path_of(name) : std::filesystem::absolute(path_of(name), error);
}

// Not all names on Windows have a UTF-8 form (lone surrogates): the standard library throws then.
inline std::string name_of(const std::filesystem::path& path) {
  const std::u8string name = path.u8string();
  return {name.begin(), name.end()};
}

}  // namespace reporterd
