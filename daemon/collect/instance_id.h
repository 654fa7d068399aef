#pragma once
// The anonymous instance id, computed exactly as Butler 5.1 does, so that both name an installation
// alike; without a usable interface (Butler 5.1 sends nothing then) as Butler 14 does.

#include <string>
#include <string_view>

#include "daemon/collect/host_facts.h"

namespace reporterd {

// lowercase_hex(HMAC-SHA256(key, source)). Both hold addresses of the machine: never logged.
struct IdInputs {
  std::string key;
  std::string source;
  std::string branch;  // what names the machine: "mac", "serial", "memTotal", "release", "none"
};

struct InstanceId {
  std::string id;  // 64 lower-case hex digits
  std::string branch;
};

IdInputs id_inputs(const HostFacts& facts, std::string_view qrs_host);
InstanceId compute_instance_id(const HostFacts& facts, std::string_view qrs_host);

std::string hmac_sha256_hex(std::string_view key, std::string_view message);
std::string sha256_hex(std::string_view text);

}  // namespace reporterd
