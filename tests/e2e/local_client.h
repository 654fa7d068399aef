#pragma once
// A connection to one of reporterd's sockets, or pipes. The limits only end a test that fails
// anyway.

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tests/e2e/programs.h"

namespace reporterd {

// The `--socket-dir` of the reporterd whose own folder this is.
std::string socket_dir_of(const std::filesystem::path& folder);

class LocalClient {
 public:
  explicit LocalClient(const std::string& name);
  ~LocalClient();
  LocalClient(LocalClient&& other) noexcept;
  LocalClient(const LocalClient&) = delete;
  LocalClient& operator=(const LocalClient&) = delete;
  LocalClient& operator=(LocalClient&&) = delete;

  bool connected() const;
  // false: the other end is gone, or took nothing more for so long.
  bool send(std::string_view bytes, std::chrono::milliseconds limit = event_limit) const;
  // On Linux: a pipe cannot do it.
  void finish_sending() const;
  // The next line without its end; nullopt: the connection is over, or nothing came in time.
  std::optional<std::string> line(std::chrono::milliseconds limit = event_limit);
  // Whether the other end has closed the connection by the limit.
  bool closed(std::chrono::milliseconds limit = event_limit);

 private:
  struct State;

  // Waits so long for bytes. false: none came, or the connection is over.
  bool receive(std::chrono::milliseconds limit);

  std::unique_ptr<State> state_;
  std::string received_;
};

}  // namespace reporterd
