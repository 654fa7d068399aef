#include "store/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "daemon/path.h"

namespace reporterd {
namespace {

std::string explained(const std::string& what, const std::string& path) {
  return what + " " + path + ": " +
         std::strerror(errno);  // NOLINT(concurrency-mt-unsafe): glibc's is thread-safe
}

}  // namespace

Status make_private_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) {
    return fail(ErrorCode::io, explained("cannot open", path));
  }
  ::close(file);
  return {};
}

bool take_room(const std::string& path, std::int64_t bytes) {
  const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) {
    return false;
  }
  const bool taken = ::posix_fallocate(file, 0, bytes) == 0;
  ::close(file);
  return taken;
}

bool file_exists(const std::string& path) {
  struct stat info{};
  return ::lstat(path.c_str(), &info) == 0;
}

bool is_own_file(const std::string& path) {
  struct stat info{};
  return ::lstat(path.c_str(), &info) == 0 && info.st_uid == ::geteuid();
}

std::string_view how_its_owner_mends_it() {
  return "as that user: runuser -u USER -- reporterctl doctor --repair";
}

bool remove_file(const std::string& path) {
  return ::unlink(path.c_str()) == 0;
}

Status link_file(const std::string& from, const std::string& to) {
  if (::link(from.c_str(), to.c_str()) != 0) {
    return fail(errno == EEXIST ? ErrorCode::conflict : ErrorCode::io,
                explained("cannot link " + from + " to", to));
  }
  return {};
}

Status replace_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    return fail(ErrorCode::io, explained("cannot move " + from + " to", to));
  }
  return {};
}

void sync_folder_of(const std::string& path) {
  const std::filesystem::path folder = path_of(path).parent_path() / ".";  // of a bare name: "."
  const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened >= 0) {
    ::fsync(opened);
    ::close(opened);
  }
}

int last_system_error() {
  return errno;
}

void set_system_error(int number) {
  errno = number;
}

bool means_full_disk(int system_error) {
  return system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
}

int full_disk_error() {
  return ENOSPC;
}

}  // namespace reporterd
