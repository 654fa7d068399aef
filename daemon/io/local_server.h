#pragma once
// A Unix stream socket that local programs connect to. Carries bytes; their meaning is the
// StreamHandler's. Loop thread only.

#include <cstddef>
#include <memory>
#include <string>

#include "daemon/core/result.h"
#include "daemon/core/stream.h"
#include "daemon/io/loop.h"

namespace reporterd {

struct LocalServerSettings {
  std::string path;
  unsigned mode = 0600;          // of the socket file: who may connect
  std::size_t connections = 64;  // further clients are closed at once
  // Bytes that a client has not taken yet; with more it is cut off.
  std::size_t unsent_bytes = 4U << 20;
};

class LocalServer {
 public:
  // Listens at `path`, making missing folders (mode 0750). A socket file that is there already is
  // taken for a dead one and replaced: the caller must hold the lock that makes it the only
  // service. `accept` is called for each client; nullptr turns the client away.
  // Errors, ErrorCode::io: path too long for a socket, something else at `path`, no permission.
  static Result<std::unique_ptr<LocalServer>> open(Loop& loop, const LocalServerSettings& settings,
                                                   StreamAccept accept);
  // Removes the socket file and closes all connections; what was written and fits into the
  // sockets' buffers is still sent.
  ~LocalServer();

  std::size_t connections() const;

 private:
  struct State;
  explicit LocalServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace reporterd
