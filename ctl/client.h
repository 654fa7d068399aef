#pragma once
// A blocking client of the service's local socket. One implementation for each operating system:
// client_linux.cpp.

#include <cstddef>
#include <string>
#include <string_view>

#include "ctl/exit_codes.h"
#include "daemon/core/time.h"

namespace reporterd::ctl {

class Client {
 public:
  // Longest answer that is taken; a list of 1000 messages has about 0.5 MiB.
  static constexpr std::size_t longest_answer = 16UZ << 20;

  // Exit::not_running when nobody listens, Exit::permission when the socket is not ours to open.
  // Waits at most `patience` for a busy service.
  static Outcome<Client> connect(const std::string& socket_file, Millis patience);

  ~Client();
  Client(Client&& other) noexcept;
  Client& operator=(Client&&) = delete;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Takes bytes to send; they leave while next_line() waits.
  void send(std::string_view bytes) { unsent_.append(bytes); }

  // The next line of the service, without its LF. Exit::try_later when nothing moves for
  // `patience`, or when the service closes the connection.
  Outcome<std::string> next_line(Millis patience);

 private:
  explicit Client(int socket) : socket_(socket) {}
  bool take_line(std::string& line);
  Outcome<void> wait(Millis patience);
  Outcome<void> send_some();
  Outcome<void> receive_some();

  int socket_;
  std::string unsent_;
  std::string received_;
  std::size_t searched_ = 0;  // no LF in received_ before here
};

}  // namespace reporterd::ctl
