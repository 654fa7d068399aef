#include <windows.h>

#include <fmt/format.h>
#include <sddl.h>

#include <algorithm>
#include <system_error>

#include "ctl/handle_windows.h"
#include "ctl/new_file.h"
#include "daemon/path.h"

namespace reporterd::ctl {
namespace {

// For the system, administrators and who made the file; nothing comes from the folder.
constexpr const wchar_t* private_access = L"D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;OW)";

std::unexpected<Error> not_written(const std::string& path, DWORD error) {
  return fail(ErrorCode::io, fmt::format("cannot write {}: {}", path,
                                         std::system_category().message(static_cast<int>(error))));
}

bool write_all(HANDLE file, std::string_view text) {
  while (!text.empty()) {
    DWORD written = 0;
    const auto piece = static_cast<DWORD>(std::min<std::size_t>(text.size(), 1UZ << 20));
    if (WriteFile(file, text.data(), piece, &written, nullptr) == 0) {
      return false;
    }
    text.remove_prefix(written);
  }
  return true;
}

}  // namespace

Status write_new_file(const std::string& path, std::string_view text) {
  PSECURITY_DESCRIPTOR made = nullptr;
  if (ConvertStringSecurityDescriptorToSecurityDescriptorW(private_access, SDDL_REVISION_1, &made,
                                                           nullptr) == 0) {
    return not_written(path, GetLastError());
  }
  const LocalMemory<void> descriptor(made);
  SECURITY_ATTRIBUTES access{sizeof(SECURITY_ATTRIBUTES), descriptor.get(), FALSE};
  Handle file = owned(CreateFileW(path_of(path).c_str(), GENERIC_WRITE, 0, &access, CREATE_NEW,
                                  FILE_ATTRIBUTE_NORMAL, nullptr));
  if (!file) {
    const DWORD error = GetLastError();
    return error == ERROR_FILE_EXISTS
               ? fail(ErrorCode::not_possible, path + " is there already; give another name")
               : not_written(path, error);
  }
  if (write_all(file.get(), text)) {
    return {};
  }
  const DWORD error = GetLastError();
  file.reset();
  DeleteFileW(path_of(path).c_str());
  return not_written(path, error);
}

}  // namespace reporterd::ctl
