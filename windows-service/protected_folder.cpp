#include "windows-service/protected_folder.h"

#include <windows.h>

#include <aclapi.h>
#include <sddl.h>

#include <array>
#include <memory>

#include "daemon/path.h"

// Of the name in capitals, as UTF-16: the same on every machine.
#define REPORTERD_SID L"S-1-5-80-975833115-3889946312-1206288415-876333829-3442042369"

namespace reporterd {
namespace {

struct Free {
  void operator()(void* memory) const { LocalFree(memory); }
};
using Descriptor = std::unique_ptr<void, Free>;

struct Close {
  void operator()(HANDLE handle) const { CloseHandle(handle); }
};

WindowsResult<Descriptor> descriptor_of(const wchar_t* access) {
  PSECURITY_DESCRIPTOR made = nullptr;
  if (ConvertStringSecurityDescriptorToSecurityDescriptorW(access, SDDL_REVISION_1, &made,
                                                           nullptr) == 0) {
    return refused("cannot use a list of rights");
  }
  return Descriptor(made);
}

bool is_this_user(PSID sid) {
  HANDLE opened = nullptr;
  if (OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &opened) == 0) {
    return false;
  }
  const std::unique_ptr<void, Close> token(opened);
  alignas(TOKEN_USER) std::array<char, sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE> user{};
  DWORD size = user.size();
  return GetTokenInformation(token.get(), TokenUser, user.data(), size, &size) != 0 &&
         EqualSid(sid, reinterpret_cast<const TOKEN_USER*>(user.data())->User.Sid) != 0;
}

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
  const Descriptor owned(found);
  if (IsWellKnownSid(owner, WinBuiltinAdministratorsSid) == 0 &&
      IsWellKnownSid(owner, WinLocalSystemSid) == 0 && !is_this_user(owner)) {
    return refused(folder + " belongs to somebody else; look at it, and remove it or move it away",
                   ERROR_INVALID_OWNER);
  }
  return {};
}

}  // namespace

const wchar_t* const service_sid = REPORTERD_SID;
const wchar_t* const access_of_owner = L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;OW)";
const wchar_t* const access_of_configuration =
    L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;" REPORTERD_SID L")";
const wchar_t* const access_of_state =
    L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1301bf;;;" REPORTERD_SID L")";

WindowsResult<bool> make_protected_folder(const std::string& folder, const wchar_t* access) {
  auto descriptor = descriptor_of(access);
  if (!descriptor) {
    return std::unexpected(descriptor.error());
  }
  SECURITY_ATTRIBUTES attributes{sizeof(SECURITY_ATTRIBUTES), descriptor->get(), FALSE};
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

WindowsStatus protect_folder(const std::string& folder, const wchar_t* access) {
  const auto made = make_protected_folder(folder, access);
  if (!made || *made) {
    return made ? WindowsStatus() : std::unexpected(made.error());
  }
  if (auto checked = check_owner(folder); !checked) {
    return checked;
  }
  auto descriptor = descriptor_of(access);
  if (!descriptor) {
    return std::unexpected(descriptor.error());
  }
  BOOL present = FALSE;
  BOOL defaulted = FALSE;
  ACL* list = nullptr;
  GetSecurityDescriptorDacl(descriptor->get(), &present, &list, &defaulted);
  std::wstring name = path_of(folder).wstring();
  const DWORD error = SetNamedSecurityInfoW(
      name.data(), SE_FILE_OBJECT, DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION,
      nullptr, nullptr, list, nullptr);
  if (error != ERROR_SUCCESS) {
    return refused("cannot set who may use the folder " + folder, error);
  }
  return {};
}

}  // namespace reporterd
