#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "daemon/io/mapped_file.h"
#include "daemon/io/unique_fd_linux.h"

namespace reporterd {
namespace {

class LinuxMappedFile final : public MappedFile {
 public:
  explicit LinuxMappedFile(std::span<char> bytes) : bytes_(bytes) {}
  LinuxMappedFile(const LinuxMappedFile&) = delete;
  LinuxMappedFile& operator=(const LinuxMappedFile&) = delete;
  ~LinuxMappedFile() override { munmap(bytes_.data(), bytes_.size()); }

  std::span<char> bytes() override { return bytes_; }

 private:
  std::span<char> bytes_;
};

std::unexpected<Error> failed(const std::string& path, int error) {
  return fail(ErrorCode::io,
              fmt::format("cannot use {}: {}", path, std::generic_category().message(error)));
}

// Where each write takes new room (btrfs), a full disk would end the process at a later write.
void write_in_place(int fd) {
  unsigned flags = 0;
  if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
    flags |= FS_NOCOW_FL;
    ioctl(fd, FS_IOC_SETFLAGS, &flags);
  }
}

// All of it, or none: what a full disk gave so far is given back.
int take_room(int fd, const std::string& path, off_t size) {
  const int error = posix_fallocate(fd, 0, size);
  if (error != 0) {
    unlink(path.c_str());
  }
  return error;
}

}  // namespace

Result<std::unique_ptr<MappedFile>> MappedFile::open(const std::string& path, std::size_t size) {
  constexpr mode_t mode = S_IRUSR | S_IWUSR;
  const UniqueFd fd(
      ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mode));
  struct stat there{};
  if (!fd || fstat(fd.get(), &there) != 0) {
    return failed(path, errno);
  }
  if (!S_ISREG(there.st_mode)) {
    return fail(ErrorCode::io, fmt::format("{} is in the way and no regular file: move it", path));
  }
  const auto length = static_cast<off_t>(size);
  if (there.st_size == 0) {
    write_in_place(fd.get());
  }
  if (fchmod(fd.get(), mode) != 0 || (there.st_size > length && ftruncate(fd.get(), length) != 0)) {
    return failed(path, errno);
  }
  if (const int error = take_room(fd.get(), path, length); error != 0) {
    return failed(path, error);
  }
  void* const at = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (at == MAP_FAILED) {
    return failed(path, errno);
  }
  return std::make_unique<LinuxMappedFile>(std::span(static_cast<char*>(at), size));
}

}  // namespace reporterd
