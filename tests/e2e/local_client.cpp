#include "tests/e2e/local_client.h"

namespace reporterd {

std::optional<std::string> LocalClient::line(std::chrono::milliseconds limit) {
  const Deadline deadline(limit);
  for (;;) {
    if (const std::size_t end = received_.find('\n'); end != std::string::npos) {
      std::string found = received_.substr(0, end);
      received_.erase(0, end + 1);
      return found;
    }
    if (!connected() || !receive(deadline.left())) {
      return std::nullopt;
    }
  }
}

bool LocalClient::closed(std::chrono::milliseconds limit) {
  const Deadline deadline(limit);
  while (connected() && receive(deadline.left())) {
  }
  return !connected();
}

}  // namespace reporterd
