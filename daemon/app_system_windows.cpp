#include <utility>

#include "daemon/app_system.h"
#include "windows-service/protected_folder.h"

namespace reporterd {

Status make_state_folder(const std::string& folder) {
  if (auto made = make_protected_folder(folder, access_of_owner); !made) {
    return fail(ErrorCode::io, made.error().what + "; make it, or use another --state-dir");
  }
  return {};
}

}  // namespace reporterd
