#include <windows.h>

#include <aclapi.h>

#include <cstdint>
#include <vector>

#include "daemon/access_list_windows.h"
#include "daemon/file_access.h"
#include "daemon/path.h"
#include "daemon/security_windows.h"

namespace reporterd {
namespace {

struct Access {
  LocalMemory<void> descriptor;  // owns the others
  PSID owner = nullptr;
  PACL list = nullptr;  // null: everyone may do everything
};

// The number of a failure, or the access; of a missing file or a link, none of both.
struct Look {
  DWORD failure = 0;
  std::optional<Access> access;
};

Look look_at(const std::string& file) {
  const std::wstring name = path_of(file).wstring();
  const DWORD attributes = GetFileAttributesW(name.c_str());
  if (attributes == INVALID_FILE_ATTRIBUTES) {
    const DWORD failure = GetLastError();
    const bool is_missing = failure == ERROR_FILE_NOT_FOUND || failure == ERROR_PATH_NOT_FOUND;
    return {is_missing ? 0 : failure, std::nullopt};
  }
  if ((attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0) {
    return {};
  }
  Access access;
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  const DWORD failure = GetNamedSecurityInfoW(
      name.c_str(), SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
      &access.owner, nullptr, &access.list, nullptr, &descriptor);
  access.descriptor.reset(descriptor);
  return failure == ERROR_SUCCESS ? Look{0, std::move(access)} : Look{failure, std::nullopt};
}

DWORD set_list(const std::string& file, PACL list) {
  std::wstring name = path_of(file).wstring();
  return SetNamedSecurityInfoW(name.data(), SE_FILE_OBJECT,
                               DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION,
                               nullptr, nullptr, list, nullptr);
}

DWORD close_altogether(const std::string& file, Readers readers) {
  const LocalMemory<void> descriptor = descriptor_of(closed_access(readers));
  return descriptor ? set_list(file, list_in(descriptor.get())) : GetLastError();
}

}  // namespace

std::optional<std::string> remedy_for_access(const std::string& file, Readers readers) {
  const Look look = look_at(file);
  if (look.failure != 0) {
    return std::nullopt;
  }
  if (!look.access) {
    return "";
  }
  const std::wstring words = icacls_words(look.access->owner, look.access->list, readers);
  return words.empty() ? "" : "icacls \"" + file + "\" " + name_of(words);
}

Status close_to_others(const std::string& file, Readers readers) {
  const Look look = look_at(file);
  DWORD failure = look.failure;
  if (look.access && look.access->list == nullptr) {
    failure = close_altogether(file, readers);
  } else if (look.access && !others_in(look.access->owner, look.access->list, readers).empty()) {
    std::vector<std::uint32_t> list = closed_list(look.access->owner, look.access->list, readers);
    failure = set_list(file, reinterpret_cast<ACL*>(list.data()));
  }
  return failure == ERROR_SUCCESS ? Status{}
                                  : fail(ErrorCode::io, "Windows error " + std::to_string(failure));
}

}  // namespace reporterd
