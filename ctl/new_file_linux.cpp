#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "ctl/new_file.h"

namespace reporterd::ctl {
namespace {

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno != EINTR) {
      return false;
    }
    text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Status write_new_file(const std::string& path, std::string_view text) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0 && errno == EEXIST) {
    return fail(ErrorCode::not_possible, path + " is there already; give another name");
  }
  const bool written = fd >= 0 && write_all(fd, text);
  const int error = errno;
  const bool closed = fd >= 0 && close(fd) == 0;
  if (written && closed) {
    return {};
  }
  if (fd >= 0) {
    unlink(path.c_str());
  }
  return fail(ErrorCode::io, fmt::format("cannot write {}: {}", path,
                                         std::generic_category().message(written ? errno : error)));
}

}  // namespace reporterd::ctl
