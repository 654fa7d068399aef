#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>

#include "daemon/core/assert.h"
#include "tests/support/sockets.h"

namespace reporterd {

void prepare_sockets() {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
}

int listen_on_loopback(std::uint16_t& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool ok = fd >= 0 && bind(fd, generic, size) == 0 && listen(fd, 1024) == 0 &&
                  getsockname(fd, generic, &size) == 0;
  ASSERT(ok);
  port = ntohs(address.sin_port);
  return fd;
}

int accept_connection(int listener) {
  return accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
}

void stop_accepting(int listener) {
  shutdown(listener, SHUT_RDWR);
}

std::ptrdiff_t receive(int socket, char* bytes, std::size_t size) {
  return recv(socket, bytes, size, 0);
}

std::ptrdiff_t transmit(int socket, const char* bytes, std::size_t size) {
  return send(socket, bytes, size, MSG_NOSIGNAL);
}

void send_at_once(int socket) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void reset_when_closed(int socket) {
  const linger now{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

void end_sending(int socket) {
  shutdown(socket, SHUT_WR);
}

void end_both_ways(int socket) {
  shutdown(socket, SHUT_RDWR);
}

void close_connection(int socket) {
  close(socket);
}

}  // namespace reporterd
