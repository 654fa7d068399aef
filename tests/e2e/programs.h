#pragma once
// Real programs as children of the test: started, watched, killed by their id. Whoever waits here
// waits in poll(2) for something to happen; the limits only end a test that fails anyway.

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reporterd {

constexpr std::chrono::milliseconds event_limit = std::chrono::seconds(30);

using Arguments = std::vector<std::string>;

class Program {
 public:
  // Starts command[0]. The environment is this one without DO_NOT_TRACK and proxies, and
  // `environment` ("NAME=value").
  explicit Program(const Arguments& command, const Arguments& environment = {});
  // kill -9, when it still runs.
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  // Its exit code, or 128 and its signal; nullopt: it still runs at the limit.
  std::optional<int> wait(std::chrono::milliseconds limit = event_limit);

  // All that it has said so far, both channels.
  const std::string& output();
  // Looks at `condition` whenever the program says something, and every few milliseconds.
  bool wait_until(const std::function<bool()>& condition,
                  std::chrono::milliseconds limit = event_limit);

 private:
  void read_output(int wait_ms);

  pid_t pid_ = -1;
  int pipe_ = -1;
  bool ended_ = false;  // its output has
  std::optional<int> exit_;
  std::string output_;
};

struct Ended {
  int exit = -1;
  std::string output;  // both channels
};

// What a variable of this test's environment says.
int number_of(const char* variable, int otherwise);

// Runs a program to its end.
Ended run(const Arguments& command, const Arguments& environment = {});

// A connection to one of reporterd's sockets.
class LocalClient {
 public:
  explicit LocalClient(const std::string& path);
  ~LocalClient();
  LocalClient(LocalClient&& other) noexcept;
  LocalClient(const LocalClient&) = delete;
  LocalClient& operator=(const LocalClient&) = delete;
  LocalClient& operator=(LocalClient&&) = delete;

  bool connected() const { return socket_ >= 0; }
  // false: the other end is gone, or took nothing more for so long.
  bool send(std::string_view bytes, std::chrono::milliseconds limit = event_limit) const;
  void finish_sending() const;
  // The next line without its end; nullopt: the connection is over, or nothing came in time.
  std::optional<std::string> line(std::chrono::milliseconds limit = event_limit);
  // Whether the other end has closed the connection by the limit.
  bool closed(std::chrono::milliseconds limit = event_limit);

 private:
  bool receive(std::chrono::milliseconds limit);

  int socket_ = -1;
  std::string received_;
};

}  // namespace reporterd
