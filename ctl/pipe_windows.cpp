#include "ctl/pipe_windows.h"

#include <windows.h>

#include <aclapi.h>

#include <array>

#include "daemon/path.h"
#include "daemon/security_windows.h"

namespace reporterd::ctl {
namespace {

// Whether `sid` is this user, or whom this user's files and pipes belong to: an administrator's may
// belong to all of them.
bool is_own(PSID sid) {
  alignas(TOKEN_OWNER) std::array<char, sizeof(TOKEN_OWNER) + SECURITY_MAX_SID_SIZE> found{};
  DWORD size = 0;
  return is_own_user(sid) ||
         (GetTokenInformation(own_token().get(), TokenOwner, found.data(), found.size(), &size) !=
              0 &&
          EqualSid(sid, reinterpret_cast<const TOKEN_OWNER*>(found.data())->Owner) != 0);
}

}  // namespace

Exit exit_of_open(unsigned long error) {
  switch (error) {
    case ERROR_ACCESS_DENIED:
      return Exit::permission;
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
      return Exit::not_running;
    case ERROR_PIPE_BUSY:
      return Exit::try_later;
    default:
      return Exit::failure;
  }
}

std::string strange_owner_of(void* pipe) {
  PSID owner = nullptr;
  PSECURITY_DESCRIPTOR found = nullptr;
  if (GetSecurityInfo(pipe, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION, &owner, nullptr, nullptr,
                      nullptr, &found) != ERROR_SUCCESS) {
    return "nobody knows whom";
  }
  const LocalMemory<void> descriptor(found);
  if (owner == nullptr) {
    return "nobody";
  }
  const std::wstring name = text_of(owner);
  const bool is_trusted = name == service_sid || is_own(owner) ||
                          IsWellKnownSid(owner, WinLocalSystemSid) != 0 ||
                          IsWellKnownSid(owner, WinBuiltinAdministratorsSid) != 0;
  return is_trusted ? "" : name_of(name);
}

}  // namespace reporterd::ctl
