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

}  // namespace reporterd
