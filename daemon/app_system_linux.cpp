#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "daemon/app_system.h"

namespace reporterd {

Status make_state_folder(const std::string& folder) {
  std::error_code failed;
  if (std::filesystem::create_directory(folder, failed)) {
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failed);
  } else if (failed) {
    return fail(ErrorCode::io, fmt::format("cannot make the state folder {}: {}; make it, or use "
                                           "another --state-dir",
                                           folder, failed.message()));
  }
  return {};
}

// A packaged folder hands its group on, and that group may then steer us; else only our user.
unsigned mode_of_control_socket(const std::string& socket_dir) {
  std::error_code ignored;
  const auto folder = std::filesystem::status(socket_dir + "/control", ignored);
  const bool grouped =
      (folder.permissions() & std::filesystem::perms::set_gid) != std::filesystem::perms::none &&
      std::filesystem::exists(folder);
  return grouped ? 0660 : 0600;
}

}  // namespace reporterd
