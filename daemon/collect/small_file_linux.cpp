#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "daemon/collect/small_file.h"

namespace reporterd {
namespace {

class Descriptor {
 public:
  // O_NONBLOCK: opening a FIFO without a writer must not wait for one.
  explicit Descriptor(const std::string& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}
  ~Descriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }

 private:
  int fd_;
};

std::unexpected<Error> system_failure(const std::string& path) {
  const int number = errno;
  const auto code = number == ENOENT || number == ENOTDIR ? ErrorCode::not_found : ErrorCode::io;
  std::string why = path + ": ";
  why += std::strerror(number);  // NOLINT(concurrency-mt-unsafe): glibc's is
  if (number == EACCES) {
    why += "; let the service's user read it (docs/operations.md, \"Butler's files\")";
  }
  return fail(code, std::move(why));
}

Result<struct stat> regular_file(const Descriptor& file, const std::string& path) {
  struct stat found = {};
  if (file.get() < 0 || ::fstat(file.get(), &found) != 0) {
    return system_failure(path);
  }
  if (!S_ISREG(found.st_mode)) {
    return fail(ErrorCode::invalid, path + ": is not a regular file");
  }
  return found;
}

// Up to `bytes` from `offset` on; less only at the end of the file.
Result<std::string> read_part(const Descriptor& file, const std::string& path, off_t offset,
                              std::size_t bytes) {
  std::string text(bytes, '\0');
  std::size_t filled = 0;
  while (filled < bytes) {
    const ssize_t got = ::pread(file.get(), text.data() + filled, bytes - filled,
                                offset + static_cast<off_t>(filled));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return system_failure(path);
    }
    if (got == 0) {
      break;
    }
    filled += static_cast<std::size_t>(got);
  }
  text.resize(filled);
  return text;
}

bool same_state(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

}  // namespace

Result<std::string> read_small_file(const std::string& path, std::size_t max_bytes) {
  const Descriptor file(path);
  const auto before = regular_file(file, path);
  if (!before) {
    return std::unexpected(before.error());
  }
  // Files of /proc and /sys have no size; one byte more than allowed tells "too large" for all.
  auto text = read_part(file, path, 0, max_bytes + 1);
  if (!text) {
    return text;
  }
  if (text->size() > max_bytes) {
    return fail(ErrorCode::too_large,
                path + ": is larger than " + std::to_string(max_bytes) + " bytes");
  }
  // By name again: an editor that replaces the file leaves the open one as it was.
  struct stat after = {};
  if (::stat(path.c_str(), &after) != 0 || !same_state(*before, after)) {
    return fail(ErrorCode::unavailable, path + ": is still changing");
  }
  return text;
}

Result<FileEnds> read_file_ends(const std::string& path, std::size_t part_bytes) {
  const Descriptor file(path);
  const auto found = regular_file(file, path);
  if (!found) {
    return std::unexpected(found.error());
  }
  auto head = read_part(file, path, 0, part_bytes);
  if (!head) {
    return std::unexpected(head.error());
  }
  FileEnds ends{.head = *std::move(head), .tail = {}};
  const auto part = static_cast<off_t>(part_bytes);
  if (found->st_size > part) {
    auto tail = read_part(file, path, std::max(part, found->st_size - part), part_bytes);
    if (!tail) {
      return std::unexpected(tail.error());
    }
    ends.tail = *std::move(tail);
  }
  return ends;
}

}  // namespace reporterd
