#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "daemon/core/assert.h"
#include "daemon/io/unique_fd_linux.h"
#include "tests/e2e/local_client.h"

namespace reporterd {
namespace {

bool wait_for(int fd, short events, std::chrono::milliseconds limit) {
  pollfd waited{fd, events, 0};
  return poll(&waited, 1, static_cast<int>(limit.count())) > 0;
}

}  // namespace

std::string socket_dir_of(const std::filesystem::path& folder) {
  return folder / "run";
}

struct LocalClient::State {
  UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
};

LocalClient::LocalClient(const std::string& name) : state_(std::make_unique<State>()) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT(name.size() < sizeof address.sun_path);
  std::ranges::copy(name, address.sun_path);
  ASSERT(state_->socket);
  if (connect(state_->socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
      0) {
    state_->socket = UniqueFd();
  }
}

LocalClient::~LocalClient() = default;
LocalClient::LocalClient(LocalClient&& other) noexcept = default;

bool LocalClient::connected() const {
  return static_cast<bool>(state_->socket);
}

bool LocalClient::send(std::string_view bytes, std::chrono::milliseconds limit) const {
  const int fd = state_->socket.get();
  while (!bytes.empty()) {
    if (!wait_for(fd, POLLOUT, limit)) {
      return false;
    }
    const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno != EAGAIN && errno != EINTR) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  }
  return true;
}

void LocalClient::finish_sending() const {
  shutdown(state_->socket.get(), SHUT_WR);
}

bool LocalClient::receive(std::chrono::milliseconds limit) {
  std::array<char, 64UZ * 1024> buffer{};
  if (!wait_for(state_->socket.get(), POLLIN, limit)) {
    return false;
  }
  const ssize_t count = recv(state_->socket.get(), buffer.data(), buffer.size(), 0);
  if (count <= 0) {
    state_->socket = UniqueFd();
    return false;
  }
  received_.append(buffer.data(), static_cast<std::size_t>(count));
  return true;
}

}  // namespace reporterd
