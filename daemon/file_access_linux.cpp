#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "daemon/file_access.h"
#include "daemon/path.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

fs::perms forbidden(Readers readers) {
  switch (readers) {
    case Readers::everyone:
      return fs::perms::group_write | fs::perms::others_write;
    case Readers::service:
      return fs::perms::group_write | fs::perms::others_all;
    case Readers::owner:
      return fs::perms::group_all | fs::perms::others_all;
  }
  return fs::perms::none;
}

// What it allows and must not; absent when it cannot be looked at. A missing file allows nothing.
std::optional<fs::perms> too_much(const std::string& file, Readers readers) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path_of(file), error);
  if (status.type() == fs::file_type::not_found || status.type() == fs::file_type::symlink) {
    return fs::perms::none;
  }
  return error ? std::nullopt : std::optional(status.permissions() & forbidden(readers));
}

// A copy of what is forbidden, in the words of chmod.
std::string chmod_words(fs::perms perms) {
  const auto letters = [&](fs::perms read, fs::perms write, fs::perms enter, char who) {
    std::string words;
    words += (perms & read) != fs::perms::none ? "r" : "";
    words += (perms & write) != fs::perms::none ? "w" : "";
    words += (perms & enter) != fs::perms::none ? "x" : "";
    return words.empty() ? words : fmt::format("{}-{}", who, words);
  };
  const std::string group =
      letters(fs::perms::group_read, fs::perms::group_write, fs::perms::group_exec, 'g');
  const std::string others =
      letters(fs::perms::others_read, fs::perms::others_write, fs::perms::others_exec, 'o');
  return group + (group.empty() || others.empty() ? "" : ",") + others;
}

}  // namespace

std::optional<std::string> remedy_for_access(const std::string& file, Readers readers) {
  const auto perms = too_much(file, readers);
  if (!perms) {
    return std::nullopt;
  }
  return *perms == fs::perms::none ? "" : fmt::format("chmod {} '{}'", chmod_words(*perms), file);
}

Status close_to_others(const std::string& file, Readers readers) {
  const fs::perms perms = too_much(file, readers).value_or(fs::perms::none);
  if (perms == fs::perms::none) {
    return {};
  }
  std::error_code error;
  fs::permissions(path_of(file), perms, fs::perm_options::remove | fs::perm_options::nofollow,
                  error);
  if (error == std::errc::operation_not_supported) {  // of a link's own mode, before Linux 6.6
    fs::permissions(path_of(file), perms, fs::perm_options::remove, error);
  }
  return error ? fail(ErrorCode::io, error.message()) : Status{};
}

}  // namespace reporterd
