#include <windows.h>

#include <algorithm>
#include <string>
#include <utility>

#include "daemon/collect/small_file.h"
#include "daemon/path.h"
#include "daemon/unique_handle_windows.h"

namespace reporterd {
namespace {

// Whoever writes, renames or deletes it meanwhile is not hindered. Should the name be that of a
// pipe, its owner may learn who asks, and no more.
UniqueHandle opened(const std::string& path, DWORD access) {
  constexpr DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
  // FILE_FLAG_BACKUP_SEMANTICS opens folders, too: to tell what they are.
  constexpr DWORD flags =
      FILE_FLAG_BACKUP_SEMANTICS | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION;
  return owned(
      CreateFileW(path_of(path).c_str(), access, share, nullptr, OPEN_EXISTING, flags, nullptr));
}

std::unexpected<Error> system_failure(const std::string& path) {
  const DWORD number = GetLastError();
  switch (number) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_NAME:
      return fail(ErrorCode::not_found, path + ": No such file or directory");
    case ERROR_BAD_NETPATH:  // whether the file is there, nobody can say now
    case ERROR_BAD_NET_NAME:
    case ERROR_NETNAME_DELETED:
      return fail(ErrorCode::unavailable, path + ": the server cannot be reached");
    case ERROR_SHARING_VIOLATION:
    case ERROR_LOCK_VIOLATION:
      return fail(ErrorCode::unavailable, path + ": another program has it open for itself alone");
    case ERROR_ACCESS_DENIED:
      return fail(ErrorCode::io, path +
                                     ": Permission denied; let the service's account read it "
                                     "(docs/windows.md, \"Configure\")");
    default:
      return fail(ErrorCode::io,
                  path + ": cannot be read, Windows error " + std::to_string(number));
  }
}

using State = BY_HANDLE_FILE_INFORMATION;

Result<State> regular_file(const UniqueHandle& file, const std::string& path) {
  if (!file) {
    return system_failure(path);
  }
  if (GetFileType(file.get()) != FILE_TYPE_DISK) {
    return fail(ErrorCode::invalid, path + ": is not a regular file");
  }
  State found = {};
  if (GetFileInformationByHandle(file.get(), &found) == 0) {
    return system_failure(path);
  }
  if ((found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0) {
    return fail(ErrorCode::invalid, path + ": is not a regular file");
  }
  return found;
}

std::uint64_t joined(DWORD high, DWORD low) {
  return std::uint64_t{high} << 32U | low;
}

// Up to `bytes` from `offset` on; less only at the end of the file.
Result<std::string> read_part(const UniqueHandle& file, const std::string& path,
                              std::uint64_t offset, std::size_t bytes) {
  std::string text(bytes, '\0');
  std::size_t filled = 0;
  while (filled < bytes) {
    const std::uint64_t at = offset + filled;
    OVERLAPPED place = {};
    place.Offset = static_cast<DWORD>(at);
    place.OffsetHigh = static_cast<DWORD>(at >> 32U);
    DWORD got = 0;
    if (ReadFile(file.get(), text.data() + filled, static_cast<DWORD>(bytes - filled), &got,
                 &place) == 0 &&
        GetLastError() != ERROR_HANDLE_EOF) {
      return system_failure(path);
    }
    if (got == 0) {
      break;
    }
    filled += got;
  }
  text.resize(filled);
  return text;
}

bool same_state(const State& a, const State& b) {
  return a.dwVolumeSerialNumber == b.dwVolumeSerialNumber && a.nFileIndexHigh == b.nFileIndexHigh &&
         a.nFileIndexLow == b.nFileIndexLow && a.nFileSizeHigh == b.nFileSizeHigh &&
         a.nFileSizeLow == b.nFileSizeLow &&
         CompareFileTime(&a.ftLastWriteTime, &b.ftLastWriteTime) == 0;
}

}  // namespace

Result<std::string> read_small_file(const std::string& path, std::size_t max_bytes) {
  const UniqueHandle file = opened(path, GENERIC_READ);
  const auto before = regular_file(file, path);
  if (!before) {
    return std::unexpected(before.error());
  }
  auto text = read_part(file, path, 0, max_bytes + 1);
  if (!text) {
    return text;
  }
  if (text->size() > max_bytes) {
    return fail(ErrorCode::too_large,
                path + ": is larger than " + std::to_string(max_bytes) + " bytes");
  }
  // By name again: an editor that replaces the file leaves the open one as it was.
  const auto after = regular_file(opened(path, FILE_READ_ATTRIBUTES), path);
  if (!after || !same_state(*before, *after)) {
    return fail(ErrorCode::unavailable, path + ": is still changing");
  }
  return text;
}

Result<FileEnds> read_file_ends(const std::string& path, std::size_t part_bytes) {
  const UniqueHandle file = opened(path, GENERIC_READ);
  const auto found = regular_file(file, path);
  if (!found) {
    return std::unexpected(found.error());
  }
  auto head = read_part(file, path, 0, part_bytes);
  if (!head) {
    return std::unexpected(head.error());
  }
  FileEnds ends{.head = *std::move(head), .tail = {}};
  const std::uint64_t size = joined(found->nFileSizeHigh, found->nFileSizeLow);
  if (size > part_bytes) {
    const std::uint64_t part = part_bytes;
    auto tail = read_part(file, path, std::max(part, size - part), part_bytes);
    if (!tail) {
      return std::unexpected(tail.error());
    }
    ends.tail = *std::move(tail);
  }
  return ends;
}

}  // namespace reporterd
