#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/core/assert.h"
#include "tests/unit/ctl/fake_server.h"

namespace reporterd::testing {

struct FakeServer::Socket {
  std::string file;
  int listener = -1;
  int client = -1;
  int stop[2] = {-1, -1};  // a pipe: a byte in it ends the thread
};

std::string FakeServer::socket_in(const std::string& folder) {
  return folder + "/socket";
}

FakeServer::FakeServer(const std::string& file, Script script)
    : script_(std::move(script)), socket_(std::make_unique<Socket>()) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT(file.size() < sizeof address.sun_path);
  std::copy(file.begin(), file.end(), address.sun_path);
  unlink(file.c_str());
  socket_->file = file;
  socket_->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int listener = socket_->listener;
  ASSERT(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  ASSERT(listen(listener, 4) == 0);
  ASSERT(pipe(socket_->stop) == 0);
  thread_ = std::thread([this] { serve(); });
}

FakeServer::~FakeServer() {
  ASSERT(write(socket_->stop[1], "x", 1) == 1);
  thread_.join();
  close(socket_->listener);
  close(socket_->stop[0]);
  close(socket_->stop[1]);
  unlink(socket_->file.c_str());
}

void FakeServer::serve() {
  for (;;) {
    std::array<pollfd, 2> ready = {{{socket_->listener, POLLIN, 0}, {socket_->stop[0], POLLIN, 0}}};
    poll(ready.data(), ready.size(), -1);
    if (ready[1].revents != 0) {
      return;
    }
    socket_->client = accept(socket_->listener, nullptr, nullptr);
    serve_client();
    close(socket_->client);
  }
}

void FakeServer::serve_client() {
  const int client = socket_->client;
  for (;;) {
    std::array<pollfd, 2> ready = {{{client, POLLIN, 0}, {socket_->stop[0], POLLIN, 0}}};
    poll(ready.data(), ready.size(), -1);
    std::array<char, 65536> buffer{};
    const ssize_t count = ready[1].revents != 0 ? 0 : read(client, buffer.data(), buffer.size());
    if (count <= 0) {
      return;
    }
    const auto answers = answers_to({buffer.data(), static_cast<std::size_t>(count)});
    if (!answers) {
      return;
    }
    for (std::size_t sent = 0; sent < answers->size();) {
      const ssize_t some =
          send(client, answers->data() + sent, answers->size() - sent, MSG_NOSIGNAL);
      if (some < 0) {
        return;
      }
      sent += static_cast<std::size_t>(some);
    }
  }
}

}  // namespace reporterd::testing
