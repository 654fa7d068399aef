#include <windows.h>

#include <memory>

#include "windows-service/protected_folder.h"

namespace reporterd {
namespace {

struct Close {
  using pointer = HANDLE;
  void operator()(HANDLE search) const { FindClose(search); }
};

bool is_link(DWORD attributes) {
  return (attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0;
}

bool is_folder(DWORD attributes) {
  return (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

// ERROR_SUCCESS, or what was in the way of the first that stays.
DWORD remove_all(const std::wstring& name, DWORD attributes) {
  DWORD first_error = ERROR_SUCCESS;
  const auto note = [&first_error](DWORD error) {
    first_error = first_error == ERROR_SUCCESS ? error : first_error;
  };
  if (!is_folder(attributes)) {
    return DeleteFileW(name.c_str()) != 0 ? ERROR_SUCCESS : GetLastError();
  }
  if (!is_link(attributes)) {
    WIN32_FIND_DATAW found{};
    const HANDLE search = FindFirstFileW((name + L"\\*").c_str(), &found);
    if (search == INVALID_HANDLE_VALUE) {
      return GetLastError();
    }
    const std::unique_ptr<HANDLE, Close> owned(search);
    do {
      const std::wstring entry = found.cFileName;
      if (entry != L"." && entry != L"..") {
        note(remove_all(name + L'\\' + entry, found.dwFileAttributes));
      }
    } while (FindNextFileW(search, &found) != 0);
  }
  if (RemoveDirectoryW(name.c_str()) == 0) {
    note(GetLastError());
  }
  return first_error;
}

}  // namespace

// The standard library of mingw-w64 sees no links here, and would follow them.
WindowsStatus remove_folder(const std::string& folder) {
  const std::wstring name = wide(folder);
  const DWORD attributes = GetFileAttributesW(name.c_str());
  const DWORD error =
      attributes == INVALID_FILE_ATTRIBUTES ? GetLastError() : remove_all(name, attributes);
  if (error != ERROR_SUCCESS && error != ERROR_FILE_NOT_FOUND && error != ERROR_PATH_NOT_FOUND) {
    return refused("cannot remove all of " + folder, error);
  }
  return {};
}

}  // namespace reporterd
