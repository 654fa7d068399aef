#include "tests/unit/ctl/fake_server.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/core/assert.h"

namespace reporterd::testing {

FakeServer::FakeServer(std::string file, Script script)
    : file_(std::move(file)), script_(std::move(script)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT(file_.size() < sizeof address.sun_path);
  std::copy(file_.begin(), file_.end(), address.sun_path);
  unlink(file_.c_str());
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  ASSERT(listen(listener_, 4) == 0);
  ASSERT(pipe(stop_) == 0);
  thread_ = std::thread([this] { serve(); });
}

FakeServer::~FakeServer() {
  ASSERT(write(stop_[1], "x", 1) == 1);
  thread_.join();
  close(listener_);
  close(stop_[0]);
  close(stop_[1]);
  unlink(file_.c_str());
}

void FakeServer::serve() {
  for (;;) {
    std::array<pollfd, 2> ready = {{{listener_, POLLIN, 0}, {stop_[0], POLLIN, 0}}};
    poll(ready.data(), ready.size(), -1);
    if (ready[1].revents != 0) {
      return;
    }
    const int client = accept(listener_, nullptr, nullptr);
    serve_client(client);
    close(client);
  }
}

void FakeServer::serve_client(int client) {
  std::string received;
  for (;;) {
    std::array<pollfd, 2> ready = {{{client, POLLIN, 0}, {stop_[0], POLLIN, 0}}};
    poll(ready.data(), ready.size(), -1);
    std::array<char, 65536> buffer{};
    const ssize_t count = ready[1].revents != 0 ? 0 : read(client, buffer.data(), buffer.size());
    if (count <= 0) {
      return;
    }
    received.append(buffer.data(), static_cast<std::size_t>(count));
    for (std::size_t end = 0; (end = received.find('\n')) != std::string::npos;) {
      lines_.push_back(received.substr(0, end));
      received.erase(0, end + 1);
      const std::string answer = script_(lines_.back());
      if (answer == hang_up) {
        return;
      }
      for (std::size_t sent = 0; sent < answer.size();) {
        const ssize_t some = send(client, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
        if (some < 0) {
          return;
        }
        sent += static_cast<std::size_t>(some);
      }
    }
  }
}

}  // namespace reporterd::testing
