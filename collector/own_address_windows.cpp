#include <winsock2.h>

#include "collector/own_address.h"

namespace reporterd {

// SO_REUSEADDR would let any program take the port away from us here.
void own_address(std::uintptr_t socket) {
  const int on = 1;
  setsockopt(socket, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, reinterpret_cast<const char*>(&on),
             sizeof on);
}

}  // namespace reporterd
