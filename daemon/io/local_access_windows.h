#pragma once
// Who a client of a pipe is. Internal to io/, shows windows.h.

#include <windows.h>

#include "daemon/io/local_server.h"

namespace reporterd {

// Whether a client with this token (for impersonation) is one of them. `own`: the user that the
// service runs as. Nobody is who came over the network.
bool is_one_of(Clients clients, HANDLE token, PSID own);

}  // namespace reporterd
