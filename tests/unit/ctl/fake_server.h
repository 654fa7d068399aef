#pragma once
// A real socket, or pipe, served by a thread of the test: for each line it gets, it sends what a
// function of the test returns.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace reporterd::testing {

class FakeServer {
 public:
  // Returns the bytes to send for a line; "" sends nothing.
  using Script = std::function<std::string(const std::string& line)>;
  static inline const std::string hang_up = "\x04";  // returned by a Script: closes the connection

  // The name of a socket that belongs to this folder alone.
  static std::string socket_in(const std::string& folder);

  FakeServer(const std::string& file, Script script);
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  // What came in; call after the client has ended.
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  struct Socket;  // of the operating system

  void serve();  // one client after the other, in a thread of its own
  void serve_client();
  // Takes bytes of a client, and returns what to send back; nullopt closes the connection.
  std::optional<std::string> answers_to(std::string_view bytes);

  Script script_;
  std::unique_ptr<Socket> socket_;
  std::string received_;  // of the line that has not ended
  std::vector<std::string> lines_;
  std::thread thread_;
};

}  // namespace reporterd::testing
