#pragma once
// A real Unix socket served by a thread of the test: for each line it gets, it sends what a
// function of the test returns.

#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace reporterd::testing {

class FakeServer {
 public:
  // Returns the bytes to send for a line; "" sends nothing.
  using Script = std::function<std::string(const std::string& line)>;
  static inline const std::string hang_up = "\x04";  // returned by a Script: closes the connection

  FakeServer(std::string file, Script script);
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  // What came in; call after the client has ended.
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  void serve();
  void serve_client(int client);

  std::string file_;
  Script script_;
  int listener_ = -1;
  int stop_[2] = {-1, -1};  // a pipe: a byte in it ends the thread
  std::vector<std::string> lines_;
  std::thread thread_;
};

}  // namespace reporterd::testing
