#pragma once
// Notices that the machine's way to the world appeared or changed: a default route, not any
// interface or route of a container or a virtual private network.

#include <functional>
#include <memory>

#include "daemon/core/result.h"
#include "daemon/io/loop.h"

namespace reporterd {

// Whether there is a default route (IPv4 or IPv6) at this moment.
bool has_default_route();

class NetworkWatch {
 public:
  // `on_change` is called after a default route was added or replaced by another one, and after one
  // was removed while another is left. Several changes at once may be one call.
  // Error: ErrorCode::io, the system does not let us watch; the service works without.
  static Result<std::unique_ptr<NetworkWatch>> open(Loop& loop, std::function<void()> on_change);
  ~NetworkWatch();

 private:
  struct State;
  explicit NetworkWatch(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace reporterd
