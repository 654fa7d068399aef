#pragma once
// Who a client of a pipe is. Internal to io/, shows windows.h.

#include <windows.h>

#include <string>

#include "daemon/io/local_server.h"
#include "daemon/security_windows.h"

namespace reporterd {

// Whether a client with this token (for impersonation) is one of them. `own`: the service's SID, or
// the user that it runs as. Nobody is who came over the network.
bool is_one_of(Clients clients, HANDLE token, PSID own);

// The list of rights of a pipe of `server`'s, in SDDL; `reporters`: the SID of their group, or "".
std::wstring pipe_access_of(const Identity& server, const std::wstring& reporters);

}  // namespace reporterd
