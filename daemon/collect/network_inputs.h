#pragma once
// The network part of HostInputs, read from the operating system. Internal to collect.

#include <vector>

#include "daemon/collect/host_facts.h"

namespace reporterd {

// In the order of Node's os.networkInterfaces().
std::vector<HostInputs::Interface> network_interfaces();

// IPv4 default routes in the order of the operating system's table.
std::vector<HostInputs::Route> default_routes();

}  // namespace reporterd
