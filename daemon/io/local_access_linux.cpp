#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "daemon/io/local_access.h"
#include "daemon/io/unique_fd_linux.h"

namespace reporterd {
namespace {

constexpr mode_t folder_mode = 0750;

// A folder below one that hands its group on does so as well: nobody has said that for
// administrators' own one, so it is taken away there.
bool make_folder(const std::string& folder, bool is_administrators) {
  if (mkdir(folder.c_str(), folder_mode) != 0) {
    return errno == EEXIST;
  }
  return !is_administrators || chmod(folder.c_str(), folder_mode) == 0;
}

Status make_folders(const std::string& path, Clients clients) {
  for (std::size_t end = path.find('/', 1); end != std::string::npos;
       end = path.find('/', end + 1)) {
    const std::string folder = path.substr(0, end);
    if (!make_folder(folder, clients == Clients::administrators && end == path.rfind('/'))) {
      return fail(ErrorCode::io,
                  fmt::format("cannot make the folder {} for a socket: {}; make it, or use another "
                              "--socket-dir",
                              folder, std::generic_category().message(errno)));
    }
  }
  return {};
}

// Whether somebody listens at the socket file: another service with a state folder of its own.
bool is_served(const std::string& path) {
  const UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) {
    return false;
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const auto* to = reinterpret_cast<const sockaddr*>(&address);
  return connect(fd.get(), to, sizeof address) == 0 || errno == EAGAIN;
}

// A packaged folder gives its group to what is made in it: that group is meant to be let in. One
// that we made does not (make_folder).
bool hands_its_group_on(const std::string& path) {
  struct stat folder{};
  return stat(path.substr(0, path.rfind('/')).c_str(), &folder) == 0 &&
         (folder.st_mode & S_ISGID) != 0;
}

}  // namespace

Status prepare_listening(const std::string& path, Clients clients) {
  constexpr std::size_t limit = sizeof(sockaddr_un::sun_path) - 1;
  if (path.empty() || path.size() > limit) {
    return fail(ErrorCode::io,
                fmt::format("the path of a socket has at most {} bytes, this one {}: {}; use a "
                            "shorter --socket-dir",
                            limit, path.size(), path));
  }
  if (auto status = make_folders(path, clients); !status) {
    return status;
  }
  struct stat there{};
  if (lstat(path.c_str(), &there) == 0) {
    if (!S_ISSOCK(there.st_mode)) {
      return fail(ErrorCode::io,
                  fmt::format("{} is in the way of a socket and is not one: move it", path));
    }
    if (is_served(path)) {
      return name_is_taken(path);
    }
    if (unlink(path.c_str()) != 0) {
      return fail(ErrorCode::io, fmt::format("cannot remove the old socket {}: {}", path,
                                             std::generic_category().message(errno)));
    }
  }
  return {};
}

Result<Admission> admit(const uv_pipe_t& /*listener*/, const std::string& path, Clients clients) {
  const bool by_group = clients == Clients::reporters || hands_its_group_on(path);
  if (chmod(path.c_str(), by_group ? 0660 : 0600) != 0) {
    return fail(ErrorCode::io, fmt::format("cannot set the mode of the socket {}: {}", path,
                                           std::generic_category().message(errno)));
  }
  return nullptr;
}

// The mode of the socket file is the kernel's to keep.
bool is_one_of(Clients /*clients*/, const uv_pipe_t& /*connection*/) {
  return true;
}

}  // namespace reporterd
