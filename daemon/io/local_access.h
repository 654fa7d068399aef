#pragma once
// Where a local server listens, and who may talk to it. Internal to io/: shows uv.h.

#include <uv.h>

#include <memory>
#include <string>

#include "daemon/core/result.h"
#include "daemon/io/local_server.h"

namespace reporterd {

// Looks at the name of the server, and makes room for it there: missing folders are made (mode
// 0750), a socket that a dead service left is removed.
Status prepare_listening(const std::string& path, Clients clients);

// The error of a name where somebody listens already.
std::unexpected<Error> name_is_taken(const std::string& path);

// What must live as long as a server does.
using Admission = std::shared_ptr<void>;

// Says who may connect, between bind and listen. That holds while the result lives.
Result<Admission> admit(const uv_pipe_t& listener, const std::string& path, Clients clients);

// Whether it is one of them, where the system lets us ask: `admit` need not be our only lock. Once
// the client's first bytes are read, not before.
bool is_one_of(Clients clients, const uv_pipe_t& connection);

}  // namespace reporterd
