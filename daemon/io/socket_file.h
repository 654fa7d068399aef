#pragma once
// The place in the file system where a local server listens. Internal to io/.

#include <string>

#include "daemon/core/result.h"

namespace reporterd {

// Makes room for a socket at `path`: checks its length (libuv cuts it silently), makes missing
// folders (mode 0750) and removes a socket that a dead service left.
Status prepare_socket_file(const std::string& path);

Status set_socket_mode(const std::string& path, unsigned mode);

}  // namespace reporterd
