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
#include <system_error>
#include <utility>

#include "ctl/client.h"
#include "ctl/duration.h"

namespace reporterd::ctl {
namespace {

std::string describe(int error) {
  return std::generic_category().message(error);
}

Failure connect_failure(const std::string& file, int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      return {Exit::permission, fmt::format("no permission to open {}", file)};
    case ENOENT:
    case ENOTDIR:
    case ECONNREFUSED:
      return {Exit::not_running, fmt::format("nobody listens at {} ({})", file, describe(error))};
    case EAGAIN:
      return {Exit::try_later,
              fmt::format("the service is too busy to take a connection ({})", file)};
    default:
      return {Exit::failure, fmt::format("cannot connect to {}: {}", file, describe(error))};
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
  Client client(socket);
  limit_connect(socket, patience);
  // The interface of the operating system asks for this cast.
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return std::unexpected(connect_failure(socket_file, errno));
  }
  fcntl(socket, F_SETFL, O_NONBLOCK);
  return client;
}

Client::~Client() {
  if (socket_ >= 0) {
    close(socket_);
  }
}

Client::Client(Client&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      unsent_(std::move(other.unsent_)),
      received_(std::move(other.received_)),
      searched_(other.searched_) {}

Outcome<std::string> Client::next_line(Millis patience) {
  std::string line;
  while (!take_line(line)) {
    if (const auto moved = wait(patience); !moved) {
      return std::unexpected(moved.error());
    }
  }
  return line;
}

bool Client::take_line(std::string& line) {
  const std::size_t end = received_.find('\n', searched_);
  if (end == std::string::npos) {
    searched_ = received_.size();
    return false;
  }
  line = received_.substr(0, end);
  received_.erase(0, end + 1);
  searched_ = 0;
  return true;
}

Outcome<void> Client::wait(Millis patience) {
  pollfd poll_for{};
  poll_for.fd = socket_;
  poll_for.events = static_cast<short>(unsent_.empty() ? POLLIN : POLLIN | POLLOUT);
  const auto limit = static_cast<int>(std::clamp<std::int64_t>(patience.count(), 0, INT_MAX));
  const int ready = poll(&poll_for, 1, limit);
  if (ready < 0 && errno != EINTR) {
    return give_up(Exit::failure, fmt::format("poll: {}", describe(errno)));
  }
  if (ready == 0) {
    return give_up(Exit::try_later, "the service has been silent for " + spoken(patience));
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
  const ssize_t count = ::send(socket_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
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
  const ssize_t count = recv(socket_, buffer.data(), buffer.size(), 0);
  if (count > 0) {
    received_.append(buffer.data(), static_cast<std::size_t>(count));
    if (received_.size() > longest_answer) {
      return give_up(Exit::failure, "the service's answer is too long");
    }
  } else if (count == 0 || errno == ECONNRESET) {
    return give_up(Exit::try_later, "the service closed the connection before it answered");
  } else if (errno != EAGAIN && errno != EINTR) {
    return give_up(Exit::failure, fmt::format("cannot receive: {}", describe(errno)));
  }
  return {};
}

}  // namespace reporterd::ctl
