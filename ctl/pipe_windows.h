#pragma once
// What a client makes of a named pipe that it opens, or cannot open.

#include <string>

#include "ctl/exit_codes.h"

namespace reporterd::ctl {

// `error`: of CreateFile.
Exit exit_of_open(unsigned long error);

// Whoever makes a pipe first serves all who open its name, and any user may make one while the
// service is down. So a client looks at whose it is before it says a word: the owner of a pipe is
// who made it, and nobody can name another one without a right that only administrators have. (The
// server's process would say no more, and not every user may look at that of a service.)
//
// "" when the pipe was made by the service, the system, an administrator or this user; otherwise
// who made it, for people. The service's account will not do: others run as it, too. `pipe` is a
// handle with the right to read its owner.
std::string strange_owner_of(void* pipe);

}  // namespace reporterd::ctl
