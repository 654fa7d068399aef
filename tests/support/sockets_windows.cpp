#include <winsock2.h>

#include <ws2tcpip.h>

#include "daemon/core/assert.h"
#include "tests/support/sockets.h"

namespace reporterd {
namespace {

SOCKET handle_of(int socket) {
  return static_cast<SOCKET>(socket);  // handles of the kernel are small numbers
}

sockaddr_in address_of(SOCKET socket) {
  sockaddr_in address{};
  int size = sizeof address;
  const int error = getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  ASSERT(error == 0);
  return address;
}

}  // namespace

void prepare_sockets() {
  static const int error = [] {
    WSADATA ignored;
    return WSAStartup(MAKEWORD(2, 2), &ignored);
  }();
  ASSERT(error == 0);
}

int listen_on_loopback(std::uint16_t& port) {
  const SOCKET listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool ok =
      listener != INVALID_SOCKET &&
      bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      listen(listener, 1024) == 0;
  ASSERT(ok);
  port = ntohs(address_of(listener).sin_port);
  return static_cast<int>(listener);
}

int accept_connection(int listener) {
  const SOCKET accepted = accept(handle_of(listener), nullptr, nullptr);
  return accepted == INVALID_SOCKET ? -1 : static_cast<int>(accepted);
}

// Nothing but a client does it.
void stop_accepting(int listener) {
  const sockaddr_in address = address_of(handle_of(listener));
  const SOCKET client = socket(AF_INET, SOCK_STREAM, 0);
  connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  closesocket(client);
}

std::ptrdiff_t receive(int socket, char* bytes, std::size_t size) {
  return recv(handle_of(socket), bytes, static_cast<int>(size), 0);
}

std::ptrdiff_t transmit(int socket, const char* bytes, std::size_t size) {
  return send(handle_of(socket), bytes, static_cast<int>(size), 0);
}

void send_at_once(int socket) {
  const int on = 1;
  setsockopt(handle_of(socket), IPPROTO_TCP, TCP_NODELAY, reinterpret_cast<const char*>(&on),
             sizeof on);
}

void reset_when_closed(int socket) {
  const linger now{.l_onoff = 1, .l_linger = 0};
  setsockopt(handle_of(socket), SOL_SOCKET, SO_LINGER, reinterpret_cast<const char*>(&now),
             sizeof now);
}

void end_sending(int socket) {
  shutdown(handle_of(socket), SD_SEND);
}

void end_both_ways(int socket) {
  shutdown(handle_of(socket), SD_BOTH);
  // Does not end a receive() that waits already; where none does, there is nothing to cancel.
  CancelIoEx(reinterpret_cast<HANDLE>(handle_of(socket)), nullptr);
}

void close_connection(int socket) {
  closesocket(handle_of(socket));
}

}  // namespace reporterd
