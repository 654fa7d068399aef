#pragma once
// The address of a server is its own. One implementation for each operating system.

#include <cstdint>

namespace reporterd {

// For a socket (as its system counts them) that is to be bound: two collectors on one port would
// share the messages, and a new one may follow an old one at once.
void own_address(std::uintptr_t socket);

}  // namespace reporterd
