#pragma once
// A socket (Windows: a named pipe) that local programs connect to. Carries bytes; their meaning is
// the StreamHandler's. Loop thread only.

#include <cstddef>
#include <memory>
#include <string>

#include "daemon/core/result.h"
#include "daemon/core/stream.h"
#include "daemon/io/loop.h"

namespace reporterd {

// Who may connect, besides the service's own user and those who may do anything.
//                  Linux                                    Windows
// reporters        the socket's group                       the local group "reporter"
// administrators   the socket's group, if its folder        the administrators
//                  is set to hand its group on
enum class Clients { reporters, administrators };

struct LocalServerSettings {
  std::string path;  // of the socket file; Windows: the pipe's name
  Clients clients = Clients::administrators;
  std::size_t connections = 64;  // further clients are closed at once
  // Bytes that a client has not taken yet; with more it is cut off.
  std::size_t unsent_bytes = 4U << 20;
};

class LocalServer {
 public:
  // Listens at `path`, making missing folders (mode 0750). A socket file that a dead service left
  // is replaced. `accept` is called for each client; nullptr turns the client away.
  // Errors, ErrorCode::io: no name for a socket, something or somebody else at `path`, no
  // permission.
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
