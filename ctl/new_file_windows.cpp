#include <windows.h>

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "ctl/new_file.h"
#include "daemon/path.h"
#include "daemon/security_windows.h"

namespace reporterd::ctl {
namespace {

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
  const LocalMemory<void> descriptor = descriptor_of(private_access);
  if (!descriptor) {
    return not_written(path, GetLastError());
  }
  SECURITY_ATTRIBUTES access{sizeof(SECURITY_ATTRIBUTES), descriptor.get(), FALSE};
  UniqueHandle file = owned(CreateFileW(path_of(path).c_str(), GENERIC_WRITE, 0, &access,
                                        CREATE_NEW, FILE_ATTRIBUTE_NORMAL, nullptr));
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
