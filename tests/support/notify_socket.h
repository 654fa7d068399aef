#pragma once
// A service manager's end of sd_notify(3): takes the notes of a service.

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace reporterd {

class NotifySocket {
 public:
  // `name` as in NOTIFY_SOCKET: a path, or an abstract name with @.
  explicit NotifySocket(const std::string& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    if (name.front() == '@') {
      address.sun_path[0] = '\0';
    }
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&address), length), 0);
  }
  ~NotifySocket() { close(socket_); }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  // All notes up to and with the first that begins so; the last one differs when none came in time.
  std::vector<std::string> until(const std::string& beginning,
                                 std::chrono::milliseconds limit = std::chrono::seconds(30)) const {
    std::vector<std::string> notes;
    pollfd readable{socket_, POLLIN, 0};
    while (poll(&readable, 1, static_cast<int>(limit.count())) > 0) {
      std::array<char, 8192> note{};
      const ssize_t bytes = recv(socket_, note.data(), note.size(), 0);
      notes.emplace_back(note.data(), static_cast<std::size_t>(bytes < 0 ? 0 : bytes));
      if (notes.back().starts_with(beginning)) {
        return notes;
      }
    }
    notes.emplace_back("nothing more came");
    return notes;
  }

 private:
  int socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

}  // namespace reporterd
