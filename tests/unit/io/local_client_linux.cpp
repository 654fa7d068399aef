#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>

#include "daemon/io/unique_fd_linux.h"
#include "tests/unit/io/local_client.h"

namespace reporterd {

std::string server_name(const TempFolder& folder) {
  return folder / "run/submit/socket";
}

struct LocalClient::State {
  UniqueFd fd{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  bool connected = false;
};

LocalClient::LocalClient(const std::string& server) : state_(std::make_unique<State>()) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  server.copy(address.sun_path, sizeof address.sun_path - 1);
  state_->connected =
      connect(state_->fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

LocalClient::~LocalClient() = default;

bool LocalClient::is_connected() const {
  return state_->connected;
}

std::size_t LocalClient::send_some(std::string_view bytes) {
  const auto sent = ::send(state_->fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

void LocalClient::read_all() {
  std::array<char, 65536> buffer;
  ssize_t got = 0;
  while ((got = recv(state_->fd.get(), buffer.data(), buffer.size(), 0)) > 0) {
    received.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ended = got == 0 || errno == ECONNRESET;
}

void LocalClient::leave() {
  state_->fd = UniqueFd();
}

}  // namespace reporterd
