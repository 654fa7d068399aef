#pragma once
// A blocking client of the service's local socket, or pipe. What is the operating system's own of
// it stands in client_linux.cpp and client_windows.cpp.

#include <cstddef>
#include <memory>
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
  Client(Client&&) noexcept;
  Client& operator=(Client&&) = delete;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Takes bytes to send; they leave while next_line() waits.
  void send(std::string_view bytes) { unsent_.append(bytes); }

  // The next line of the service, without its LF. Exit::try_later when nothing moves for
  // `patience`, or when the service closes the connection.
  Outcome<std::string> next_line(Millis patience);

 private:
  struct Connection;  // of the operating system

  explicit Client(std::unique_ptr<Connection> connection);
  bool take_line(std::string& line);
  // Waits at most `patience` until bytes can be sent or received, and does so.
  Outcome<void> exchange(Millis patience);
  Outcome<void> send_some();
  Outcome<void> receive_some();
  Outcome<void> take_received(std::string_view bytes);

  // What all systems say of the same failure; `why` is the system's own text.
  static std::unexpected<Failure> not_connected(Exit exit, const std::string& socket_file,
                                                const std::string& why);
  static std::unexpected<Failure> silent(Millis patience);
  static std::unexpected<Failure> closed();

  std::unique_ptr<Connection> connection_;
  std::string unsent_;
  std::string received_;
  std::size_t searched_ = 0;  // no LF in received_ before here
};

}  // namespace reporterd::ctl
