#include "store/files.h"

#include <windows.h>

#include <aclapi.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "daemon/path.h"
#include "daemon/security_windows.h"

namespace reporterd {
namespace {

constexpr int disk_quota_exceeded = 1295;  // ERROR_DISK_QUOTA_EXCEEDED, which mingw-w64 lacks

std::string explained(const std::string& what, const std::string& path) {
  const auto error = static_cast<int>(GetLastError());
  return what + " " + path + ": " + std::system_category().message(error);
}

// What the service made before it had a SID of its own belongs to the account that it shares with
// other services, who might give themselves rights.
DWORD take_from_account(const std::string& path, const Identity& service, PACL list) {
  std::wstring name = path_of(path).wstring();
  PSID owner = nullptr;
  PSECURITY_DESCRIPTOR found = nullptr;
  const DWORD error =
      GetNamedSecurityInfoW(name.c_str(), SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner,
                            nullptr, nullptr, nullptr, &found);
  const LocalMemory<void> descriptor(found);
  if (error != ERROR_SUCCESS || text_of(owner) != service.user) {
    return error;
  }
  return SetNamedSecurityInfoW(
      name.data(), SE_FILE_OBJECT,
      OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION,
      pointer(sid_of(service.service)), nullptr, list, nullptr);
}

}  // namespace

Status make_private_file(const std::string& path) {
  const Identity maker = own_identity();
  const LocalMemory<void> descriptor = descriptor_of(private_access_of(maker));
  if (!descriptor) {
    return fail(ErrorCode::io, explained("cannot protect", path));
  }
  SECURITY_ATTRIBUTES access{sizeof(SECURITY_ATTRIBUTES), descriptor.get(), FALSE};
  const UniqueHandle file = owned(CreateFileW(path_of(path).c_str(), GENERIC_READ | GENERIC_WRITE,
                                              FILE_SHARE_READ | FILE_SHARE_WRITE, &access,
                                              OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr));
  if (!file) {
    return fail(ErrorCode::io, explained("cannot open", path));
  }
  if (GetLastError() == ERROR_ALREADY_EXISTS && !maker.service.empty()) {
    SetLastError(take_from_account(path, maker, list_in(descriptor.get())));
    if (GetLastError() != ERROR_SUCCESS) {
      return fail(ErrorCode::io, explained("cannot protect", path));
    }
  }
  return {};
}

bool take_room(const std::string& path, std::int64_t bytes) {
  const UniqueHandle file =
      owned(CreateFileW(path_of(path).c_str(), GENERIC_WRITE, FILE_SHARE_READ, nullptr,
                        OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr));
  LARGE_INTEGER end;
  end.QuadPart = bytes;
  // NTFS takes all room of a file whose end is set.
  return file && SetFilePointerEx(file.get(), end, nullptr, FILE_BEGIN) != 0 &&
         SetEndOfFile(file.get()) != 0;
}

bool file_exists(const std::string& path) {
  return GetFileAttributesW(path_of(path).c_str()) != INVALID_FILE_ATTRIBUTES;
}

bool is_own_file(const std::string& path) {
  PSID owner = nullptr;
  PSECURITY_DESCRIPTOR found = nullptr;
  if (GetNamedSecurityInfoW(path_of(path).c_str(), SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION,
                            &owner, nullptr, nullptr, nullptr, &found) != ERROR_SUCCESS) {
    return false;
  }
  const LocalMemory<void> descriptor(found);
  // What an administrator makes may belong to all of them.
  BOOL member = FALSE;
  return is_own_user(owner) ||
         (CheckTokenMembership(nullptr, owner, &member) != 0 && member != FALSE);
}

// Nobody else can be the service.
std::string_view how_its_owner_mends_it() {
  return "if it is the service's, start that: it salvages what can be read";
}

bool remove_file(const std::string& path) {
  return DeleteFileW(path_of(path).c_str()) != 0;
}

Status link_file(const std::string& from, const std::string& to) {
  if (CreateHardLinkW(path_of(to).c_str(), path_of(from).c_str(), nullptr) == 0) {
    const bool taken = GetLastError() == ERROR_ALREADY_EXISTS;
    return fail(taken ? ErrorCode::conflict : ErrorCode::io,
                explained("cannot link " + from + " to", to));
  }
  return {};
}

Status replace_file(const std::string& from, const std::string& to) {
  if (MoveFileExW(path_of(from).c_str(), path_of(to).c_str(),
                  MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH) == 0) {
    return fail(ErrorCode::io, explained("cannot move " + from + " to", to));
  }
  return {};
}

void sync_folder_of(const std::string& path) {
  const std::filesystem::path folder = path_of(path).parent_path() / ".";
  const UniqueHandle opened = owned(CreateFileW(
      folder.c_str(), GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
      nullptr, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, nullptr));
  if (opened) {
    FlushFileBuffers(opened.get());
  }
}

int last_system_error() {
  return static_cast<int>(GetLastError());
}

void set_system_error(int number) {
  SetLastError(static_cast<DWORD>(number));
}

bool means_full_disk(int system_error) {
  return system_error == ERROR_DISK_FULL || system_error == ERROR_HANDLE_DISK_FULL ||
         system_error == disk_quota_exceeded || system_error == ERROR_FILE_TOO_LARGE;
}

int full_disk_error() {
  return ERROR_DISK_FULL;
}

}  // namespace reporterd
