#include <sys/socket.h>

#include "collector/own_address.h"

namespace reporterd {

void own_address(std::uintptr_t socket) {
  const int on = 1;
  setsockopt(static_cast<int>(socket), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

}  // namespace reporterd
