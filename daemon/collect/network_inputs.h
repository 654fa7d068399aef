#pragma once
// The network part of HostInputs, read from the operating system. Internal to collect.

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/collect/host_facts.h"

namespace reporterd {

using Mac = std::array<unsigned char, 6>;

// As Node writes it: "00:1a:2b:3c:4d:5e".
inline std::string mac_text(const Mac& mac) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const unsigned byte : mac) {
    text += text.empty() ? "" : ":";
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

// In the order of Node's os.networkInterfaces().
std::vector<HostInputs::Interface> network_interfaces();

// IPv4 default routes in the order of the operating system's table.
std::vector<HostInputs::Route> default_routes();

}  // namespace reporterd
