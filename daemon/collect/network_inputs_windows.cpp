#include <winsock2.h>
#include <ws2ipdef.h>
#include <ws2tcpip.h>

#include <iphlpapi.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <map>
#include <vector>

#undef interface  // a word of COM's
#include "daemon/collect/network_inputs.h"
#include "daemon/collect/wide_text_windows.h"

namespace reporterd {
namespace {

using Interface = HostInputs::Interface;
using Route = HostInputs::Route;

// A table whose size is only known to its maker, who says so when it gets too little room. It may
// grow between two calls.
template <class Fill>
std::vector<std::uint64_t> table_of(const Fill& fill, DWORD too_small) {
  constexpr int tries = 5;
  ULONG bytes = 16U << 10;
  for (int i = 0; i < tries; ++i) {
    std::vector<std::uint64_t> table(bytes / sizeof(std::uint64_t) + 1);
    bytes = static_cast<ULONG>(table.size() * sizeof(std::uint64_t));
    const DWORD result = fill(table.data(), &bytes);
    if (result == NO_ERROR) {
      return table;
    }
    if (result != too_small) {
      break;
    }
  }
  return {};
}

std::vector<std::uint64_t> adapter_table() {
  return table_of(
      [](void* table, ULONG* bytes) {
        constexpr ULONG flags =
            GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_SKIP_DNS_SERVER;
        return GetAdaptersAddresses(AF_UNSPEC, flags, nullptr,
                                    static_cast<IP_ADAPTER_ADDRESSES*>(table), bytes);
      },
      ERROR_BUFFER_OVERFLOW);
}

// Node shows another length than a MAC's as zeros.
Mac mac_of(const IP_ADAPTER_ADDRESSES& adapter) {
  Mac mac = {};
  if (adapter.PhysicalAddressLength == mac.size()) {
    std::copy_n(std::begin(adapter.PhysicalAddress), mac.size(), mac.begin());
  }
  return mac;
}

std::string address_text(int family, const void* address) {
  std::array<char, INET6_ADDRSTRLEN> buffer = {};
  const char* text = ::inet_ntop(family, address, buffer.data(), buffer.size());
  return text == nullptr ? "" : text;
}

void add_address(Interface& interface, const SOCKET_ADDRESS& found) {
  if (found.lpSockaddr->sa_family == AF_INET) {
    sockaddr_in ip4 = {};
    std::memcpy(&ip4, found.lpSockaddr, sizeof ip4);
    interface.addresses.push_back({.text = address_text(AF_INET, &ip4.sin_addr), .is_ip4 = true});
  } else if (found.lpSockaddr->sa_family == AF_INET6) {
    sockaddr_in6 ip6 = {};
    std::memcpy(&ip6, found.lpSockaddr, sizeof ip6);
    interface.addresses.push_back({.text = address_text(AF_INET6, &ip6.sin6_addr),
                                   .is_ip4 = false,
                                   .scope_id = ip6.sin6_scope_id});
  }
}

Interface interface_of(const IP_ADAPTER_ADDRESSES& adapter) {
  Interface interface;
  interface.name = text_in_utf8(adapter.FriendlyName);
  interface.mac = mac_text(mac_of(adapter));
  interface.is_internal = adapter.IfType == IF_TYPE_SOFTWARE_LOOPBACK;
  interface.is_up = adapter.OperStatus == IfOperStatusUp;
  for (const auto* address = adapter.FirstUnicastAddress; address != nullptr;
       address = address->Next) {
    add_address(interface, address->Address);
  }
  return interface;
}

// An address of each interface, by its number: the one of the interface that a route names.
std::map<DWORD, std::string> addresses_by_index(const std::vector<std::uint64_t>& adapters) {
  std::map<DWORD, std::string> addresses;
  const auto* adapter = reinterpret_cast<const IP_ADAPTER_ADDRESSES*>(adapters.data());
  for (; adapter != nullptr; adapter = adapter->Next) {
    for (const auto& address : interface_of(*adapter).addresses) {
      if (address.is_ip4) {
        addresses.emplace(adapter->IfIndex, address.text);
      }
    }
  }
  return addresses;
}

}  // namespace

std::vector<Interface> network_interfaces() {
  const std::vector<std::uint64_t> table = adapter_table();
  std::vector<Interface> found;
  const auto* adapter = reinterpret_cast<const IP_ADAPTER_ADDRESSES*>(table.data());
  for (; adapter != nullptr; adapter = adapter->Next) {
    found.push_back(interface_of(*adapter));
  }
  return found;
}

// In the order in which `netstat -r` prints them, which Butler reads.
std::vector<Route> default_routes() {
  const std::vector<std::uint64_t> table = table_of(
      [](void* rows, ULONG* bytes) {
        return GetIpForwardTable(static_cast<MIB_IPFORWARDTABLE*>(rows), bytes, TRUE);
      },
      ERROR_INSUFFICIENT_BUFFER);
  std::vector<Route> routes;
  if (table.empty()) {
    return routes;
  }
  const std::map<DWORD, std::string> addresses = addresses_by_index(adapter_table());
  const auto* rows = reinterpret_cast<const MIB_IPFORWARDTABLE*>(table.data());
  for (DWORD i = 0; i < rows->dwNumEntries; ++i) {
    const MIB_IPFORWARDROW& row = rows->table[i];
    if (row.dwForwardDest != 0 || row.dwForwardMask != 0) {
      continue;
    }
    const auto local = addresses.find(row.dwForwardIfIndex);
    routes.push_back(
        {.interface = {},
         .local_ip4 = local == addresses.end() ? "" : local->second,
         .has_gateway = row.dwForwardType != MIB_IPROUTE_TYPE_DIRECT && row.dwForwardNextHop != 0,
         .metric = row.dwForwardMetric1});
  }
  return routes;
}

}  // namespace reporterd
