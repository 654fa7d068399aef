#include "windows-service/protected_folder.h"

#include <windows.h>

#include <aclapi.h>

#include "daemon/path.h"
#include "daemon/security_windows.h"

namespace reporterd {
namespace {

// Any user may make folders in %ProgramData%, and who owns one decides who may write there.
WindowsStatus check_owner(const std::string& folder) {
  const std::wstring name = path_of(folder).wstring();
  if ((GetFileAttributesW(name.c_str()) & FILE_ATTRIBUTE_REPARSE_POINT) != 0) {
    return refused(folder + " is a link; remove it, or move it away", ERROR_INVALID_OWNER);
  }
  PSID owner = nullptr;
  PSECURITY_DESCRIPTOR found = nullptr;
  const DWORD error =
      GetNamedSecurityInfoW(name.c_str(), SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner,
                            nullptr, nullptr, nullptr, &found);
  if (error != ERROR_SUCCESS) {
    return refused("cannot see whose folder " + folder + " is", error);
  }
  const LocalMemory<void> descriptor(found);
  if (IsWellKnownSid(owner, WinBuiltinAdministratorsSid) == 0 &&
      IsWellKnownSid(owner, WinLocalSystemSid) == 0 && !is_own_user(owner)) {
    return refused(folder + " belongs to somebody else; look at it, and remove it or move it away",
                   ERROR_INVALID_OWNER);
  }
  return {};
}

}  // namespace

const wchar_t* const access_of_owner = L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;OW)";
const wchar_t* const access_of_configuration =
    L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;" REPORTERD_SID L")";
const wchar_t* const access_of_state =
    L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1301bf;;;" REPORTERD_SID L")";

WindowsResult<bool> make_protected_folder(const std::string& folder, const wchar_t* access) {
  const LocalMemory<void> descriptor = descriptor_of(access);
  if (!descriptor) {
    return refused("cannot use a list of rights");
  }
  SECURITY_ATTRIBUTES attributes{sizeof(SECURITY_ATTRIBUTES), descriptor.get(), FALSE};
  if (CreateDirectoryW(path_of(folder).c_str(), &attributes) != 0) {
    return true;
  }
  const DWORD error = GetLastError();
  const DWORD is_there = GetFileAttributesW(path_of(folder).c_str());
  const bool is_folder =
      is_there != INVALID_FILE_ATTRIBUTES && (is_there & FILE_ATTRIBUTE_DIRECTORY) != 0;
  if (error == ERROR_ALREADY_EXISTS && is_folder) {
    return false;
  }
  return refused("cannot make the folder " + folder, error);
}

WindowsResult<bool> protect_folder(const std::string& folder, const wchar_t* access) {
  const auto made = make_protected_folder(folder, access);
  if (!made || *made) {
    return made;
  }
  if (auto checked = check_owner(folder); !checked) {
    return std::unexpected(checked.error());
  }
  const LocalMemory<void> descriptor = descriptor_of(access);
  if (!descriptor) {
    return refused("cannot use a list of rights");
  }
  std::wstring name = path_of(folder).wstring();
  const DWORD error = SetNamedSecurityInfoW(
      name.data(), SE_FILE_OBJECT, DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION,
      nullptr, nullptr, list_in(descriptor.get()), nullptr);
  if (error != ERROR_SUCCESS) {
    return refused("cannot set who may use the folder " + folder, error);
  }
  return false;
}

}  // namespace reporterd
