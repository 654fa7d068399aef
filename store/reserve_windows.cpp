#include <windows.h>

#include <utility>

#include "store/files.h"
#include "store/reserve.h"

namespace reporterd {

Reserve::Reserve(std::string path, std::int64_t bytes) : path_(std::move(path)), bytes_(bytes) {}

bool Reserve::make() {
  if (path_.empty()) {
    return true;
  }
  if (!make_private_file(path_)) {
    return false;
  }
  HANDLE file = CreateFileW(path_of(path_).c_str(), GENERIC_WRITE, FILE_SHARE_READ, nullptr,
                            OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (file == INVALID_HANDLE_VALUE) {
    return false;
  }
  // NTFS takes all room of a file whose end is set; what is there already costs nothing.
  LARGE_INTEGER end;
  end.QuadPart = bytes_;
  const bool made =
      SetFilePointerEx(file, end, nullptr, FILE_BEGIN) != 0 && SetEndOfFile(file) != 0;
  CloseHandle(file);
  if (!made) {
    give_up();
  }
  return made;
}

void Reserve::give_up() {
  if (!path_.empty()) {
    remove_file(path_);
  }
}

}  // namespace reporterd
