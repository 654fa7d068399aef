#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <map>
#include <memory>
#include <span>
#include <string_view>

#include "daemon/collect/network_inputs.h"

namespace reporterd {
namespace {

using Interface = HostInputs::Interface;
using Route = HostInputs::Route;

// What is shorter ends with zeros.
Mac mac_of(const sockaddr_ll& link) {
  Mac mac = {};
  std::copy_n(std::begin(link.sll_addr), std::min<std::size_t>(link.sll_halen, mac.size()),
              mac.begin());
  return mac;
}

std::string address_text(int family, const void* address) {
  std::array<char, INET6_ADDRSTRLEN> buffer = {};
  const char* text = ::inet_ntop(family, address, buffer.data(), buffer.size());
  return text == nullptr ? "" : text;
}

// The name of the device behind an address label such as "eth0:1".
std::string device_of(std::string_view label) {
  return std::string(label.substr(0, label.find(':')));
}

Interface& interface_named(std::vector<Interface>& interfaces, const char* name) {
  const auto found = std::ranges::find(interfaces, name, &Interface::name);
  return found != interfaces.end()
             ? *found
             : interfaces.emplace_back(Interface{.name = name, .mac = {}, .addresses = {}});
}

void add_address(std::vector<Interface>& interfaces, const ifaddrs& entry) {
  HostInputs::Address address;
  if (entry.ifa_addr->sa_family == AF_INET) {
    sockaddr_in ip4 = {};
    std::memcpy(&ip4, entry.ifa_addr, sizeof ip4);
    address = {.text = address_text(AF_INET, &ip4.sin_addr), .is_ip4 = true};
  } else if (entry.ifa_addr->sa_family == AF_INET6) {
    sockaddr_in6 ip6 = {};
    std::memcpy(&ip6, entry.ifa_addr, sizeof ip6);
    address = {.text = address_text(AF_INET6, &ip6.sin6_addr), .scope_id = ip6.sin6_scope_id};
  } else {
    return;
  }
  Interface& interface = interface_named(interfaces, entry.ifa_name);
  interface.is_internal = (entry.ifa_flags & IFF_LOOPBACK) != 0;
  interface.is_up = (entry.ifa_flags & IFF_UP) != 0 && (entry.ifa_flags & IFF_RUNNING) != 0;
  interface.addresses.push_back(std::move(address));
}

class RouteSocket {
 public:
  RouteSocket() : fd_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) {}
  ~RouteSocket() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  RouteSocket(const RouteSocket&) = delete;
  RouteSocket& operator=(const RouteSocket&) = delete;

  // Asks for all IPv4 routes.
  bool ask() const {
    struct {
      nlmsghdr header;
      rtmsg message;
    } request = {};
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = RTM_GETROUTE;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.message.rtm_family = AF_INET;
    return fd_ >= 0 && ::send(fd_, &request, sizeof request, 0) == sizeof request;
  }

  std::span<const char> receive(std::span<char> buffer) const {
    ssize_t got = 0;
    do {
      got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    } while (got < 0 && errno == EINTR);
    return buffer.first(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  }

 private:
  int fd_;
};

template <class T>
T value_at(const char* bytes) {
  T value = {};
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

// The default route of the main table in one RTM_NEWROUTE message, if it is one.
std::optional<Route> default_route(std::span<const char> message) {
  if (message.size() < sizeof(rtmsg)) {
    return std::nullopt;
  }
  const auto head = value_at<rtmsg>(message.data());
  std::uint32_t table = head.rtm_table;
  Route route;
  auto rest = message.subspan(NLMSG_ALIGN(sizeof(rtmsg)));
  while (rest.size() >= sizeof(rtattr)) {
    const auto attribute = value_at<rtattr>(rest.data());
    if (attribute.rta_len < sizeof(rtattr) || attribute.rta_len > rest.size()) {
      break;
    }
    const auto value = rest.first(attribute.rta_len).subspan(RTA_LENGTH(0));
    const bool has_number = value.size() >= sizeof(std::uint32_t);
    const auto number = has_number ? value_at<std::uint32_t>(value.data()) : 0;
    std::array<char, IF_NAMESIZE> name = {};
    switch (attribute.rta_type) {
      case RTA_TABLE:
        table = number;
        break;
      case RTA_PRIORITY:
        route.metric = number;
        break;
      case RTA_GATEWAY:
        route.has_gateway = true;
        break;
      case RTA_OIF:
        route.interface = ::if_indextoname(number, name.data()) == nullptr ? "" : name.data();
        break;
      default:  // the kernel adds kinds as it likes
        break;
    }
    rest = rest.subspan(std::min<std::size_t>(RTA_ALIGN(attribute.rta_len), rest.size()));
  }
  const bool is_default = head.rtm_family == AF_INET && head.rtm_dst_len == 0 &&
                          head.rtm_type == RTN_UNICAST && table == RT_TABLE_MAIN;
  return is_default ? std::optional(route) : std::nullopt;
}

}  // namespace

// That order is getifaddrs', the addresses of one name together at the place of its first.
std::vector<Interface> network_interfaces() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) {
    return {};
  }
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, ::freeifaddrs);
  std::vector<Interface> found;
  std::map<std::string, std::string> macs;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr) {
      continue;
    }
    if (entry->ifa_addr->sa_family == AF_PACKET) {
      sockaddr_ll link = {};
      std::memcpy(&link, entry->ifa_addr, sizeof link);
      macs[entry->ifa_name] = mac_text(mac_of(link));
    } else {
      add_address(found, *entry);
    }
  }
  for (Interface& interface : found) {
    const auto mac = macs.find(device_of(interface.name));
    interface.mac = mac == macs.end() ? "00:00:00:00:00:00" : mac->second;
  }
  return found;
}

std::vector<Route> default_routes() {
  std::vector<Route> routes;
  const RouteSocket socket;
  if (!socket.ask()) {
    return routes;
  }
  std::vector<char> buffer(64U << 10);
  for (;;) {
    auto rest = socket.receive(buffer);
    if (rest.size() < sizeof(nlmsghdr)) {
      return routes;
    }
    while (rest.size() >= sizeof(nlmsghdr)) {
      const auto header = value_at<nlmsghdr>(rest.data());
      if (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR ||
          header.nlmsg_len < sizeof(nlmsghdr) || header.nlmsg_len > rest.size()) {
        return routes;
      }
      const auto message = rest.first(header.nlmsg_len).subspan(NLMSG_HDRLEN);
      if (auto route = default_route(message); route && header.nlmsg_type == RTM_NEWROUTE) {
        routes.push_back(*std::move(route));
      }
      rest = rest.subspan(std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), rest.size()));
    }
  }
}

}  // namespace reporterd
