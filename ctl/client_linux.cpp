#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <memory>
#include <system_error>
#include <utility>

#include "ctl/client.h"

namespace reporterd::ctl {
namespace {

std::string describe(int error) {
  return std::generic_category().message(error);
}

Exit exit_of_connect(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      return Exit::permission;
    case ENOENT:
    case ENOTDIR:
    case ECONNREFUSED:
      return Exit::not_running;
    case EAGAIN:
      return Exit::try_later;
    default:
      return Exit::failure;
  }
}

// A busy service makes connect() wait; on Unix sockets the send time-out limits that.
void limit_connect(int socket, Millis patience) {
  timeval limit{};
  limit.tv_sec = patience.count() / 1000;
  limit.tv_usec = std::max<suseconds_t>(patience.count() % 1000 * 1000, 1);
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

}  // namespace

struct Client::Connection {
  explicit Connection(int made) : socket(made) {}
  ~Connection() { close(socket); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int socket;
};

Outcome<Client> Client::connect(const std::string& socket_file, Millis patience) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_file.size() >= sizeof address.sun_path) {
    return give_up(Exit::usage, fmt::format("the socket's path is longer than {} bytes: {}",
                                            sizeof address.sun_path - 1, socket_file));
  }
  std::copy(socket_file.begin(), socket_file.end(), address.sun_path);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) {
    return give_up(Exit::failure, fmt::format("cannot make a socket: {}", describe(errno)));
  }
  Client client(std::make_unique<Connection>(socket));
  limit_connect(socket, patience);
  // The interface of the operating system asks for this cast.
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    return not_connected(exit_of_connect(error), socket_file, describe(error));
  }
  fcntl(socket, F_SETFL, O_NONBLOCK);
  return client;
}

Client::Client(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;

Outcome<void> Client::exchange(Millis patience) {
  pollfd poll_for{};
  poll_for.fd = connection_->socket;
  poll_for.events = static_cast<short>(unsent_.empty() ? POLLIN : POLLIN | POLLOUT);
  const auto limit = static_cast<int>(std::clamp<std::int64_t>(patience.count(), 0, INT_MAX));
  const int ready = poll(&poll_for, 1, limit);
  if (ready < 0 && errno != EINTR) {
    return give_up(Exit::failure, fmt::format("poll: {}", describe(errno)));
  }
  if (ready == 0) {
    return silent(patience);
  }
  if ((poll_for.revents & POLLOUT) != 0) {
    if (auto sent = send_some(); !sent) {
      return sent;
    }
  }
  if ((poll_for.revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
    return receive_some();
  }
  return {};
}

Outcome<void> Client::send_some() {
  const ssize_t count = ::send(connection_->socket, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
  if (count >= 0) {
    unsent_.erase(0, static_cast<std::size_t>(count));
  } else if (errno == EPIPE || errno == ECONNRESET) {
    unsent_.clear();  // answers to what was taken may still be there to read
  } else if (errno != EAGAIN && errno != EINTR) {
    return give_up(Exit::failure, fmt::format("cannot send: {}", describe(errno)));
  }
  return {};
}

Outcome<void> Client::receive_some() {
  std::array<char, 64UZ * 1024> buffer{};
  const ssize_t count = recv(connection_->socket, buffer.data(), buffer.size(), 0);
  if (count > 0) {
    return take_received({buffer.data(), static_cast<std::size_t>(count)});
  }
  if (count == 0 || errno == ECONNRESET) {
    return closed();
  }
  if (errno != EAGAIN && errno != EINTR) {
    return give_up(Exit::failure, fmt::format("cannot receive: {}", describe(errno)));
  }
  return {};
}

}  // namespace reporterd::ctl
