#include <unistd.h>

#include "daemon/io/curl_sockets.h"

namespace reporterd {

void close_socket(curl_socket_t socket) {
  close(socket);
}

}  // namespace reporterd
