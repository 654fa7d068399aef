#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string_view>
#include <system_error>

#include "daemon/collect/host_facts.h"
#include "daemon/collect/small_file.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;
using Interface = HostInputs::Interface;
using Route = HostInputs::Route;

constexpr std::size_t max_fact_bytes = 64U << 10;

// "" when it is not there or may not be read. Files of /proc have no stable size or time to
// compare.
std::string text_of(const std::string& path) {
  auto ends = read_file_ends(path, max_fact_bytes);
  return ends ? std::move(ends->head) : "";
}

std::vector<std::string> names_in(const char* folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    names.push_back(it->path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

// As `cat /etc/*-release; cat /usr/lib/os-release; cat /etc/openwrt_release` prints it.
std::string os_release_text() {
  std::string text;
  for (const std::string& name : names_in("/etc")) {
    if (name.ends_with("-release") && !name.starts_with('.')) {
      text += text_of("/etc/" + name);
    }
  }
  return text + text_of("/usr/lib/os-release") + text_of("/etc/openwrt_release");
}

std::string dmi_field(const std::string& name) {
  // The second is the same where /sys/class is a link farm; containers may show one of them only.
  for (const char* folder : {"/sys/devices/virtual/dmi/id/", "/sys/class/dmi/id/"}) {
    if (auto text = text_of(folder + name); !text.empty()) {
      return text;
    }
  }
  return "";
}

// The kernel lets root alone read the UUID; the service gets it as a credential.
std::string system_uuid() {
  if (const char* folder = std::getenv(
          "CREDENTIALS_DIRECTORY")) {  // NOLINT(concurrency-mt-unsafe): nothing sets variables
    if (auto text = text_of(std::string(folder) + "/product_uuid"); !text.empty()) {
      return text;
    }
  }
  return dmi_field("product_uuid");
}

std::string trimmed_line(std::string text) {
  text.resize(text.find_last_not_of(" \t\r\n") + 1);  // npos + 1 is 0
  return text;
}

HostInputs::Firmware firmware() {
  return {.uuid = trimmed_line(system_uuid()),
          .product = trimmed_line(dmi_field("product_name")),
          .vendor = trimmed_line(dmi_field("sys_vendor")),
          .bios = {}};
}

bool hypervisor_bit() {
#if defined(__x86_64__) || defined(__i386__)
  unsigned int eax = 0;
  unsigned int ebx = 0;
  unsigned int ecx = 0;
  unsigned int edx = 0;
  return __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx >> 31U & 1U) != 0;
#else
  return false;  // no such bit; the firmware's strings have to do
#endif
}

std::string mac_text(const sockaddr_ll& link) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (int i = 0; i < 6; ++i) {
    const unsigned char byte = i < link.sll_halen ? link.sll_addr[i] : 0;
    text += i == 0 ? "" : ":";
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
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

// In the order of Node's os.networkInterfaces(): that of getifaddrs, whose addresses of one name
// stand together at the place of the first.
std::vector<Interface> interfaces() {
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
      macs[entry->ifa_name] = mac_text(link);
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

// MemTotal of /proc/meminfo, as Butler takes it; a container may lack the file.
std::uint64_t mem_total() {
  const std::string text = text_of("/proc/meminfo");
  constexpr std::string_view label = "MemTotal:";
  if (const auto at = text.find(label); at != std::string::npos) {
    return std::strtoull(text.c_str() + at + label.size(), nullptr, 10) * 1024;
  }
  struct sysinfo info = {};
  return ::sysinfo(&info) == 0 ? std::uint64_t{info.totalram} * info.mem_unit : 0;
}

std::string machine_id() {
  const std::string text = text_of("/var/lib/dbus/machine-id");
  return trimmed_line(text.empty() ? text_of("/etc/machine-id") : text);
}

}  // namespace

HostInputs read_host_inputs() {
  utsname name = {};
  ::uname(&name);
  return {.family = OsFamily::linux_os,
          .machine = name.machine,
          .kernel_release = name.release,
          .kernel_version = name.version,
          .os_release = os_release_text(),
          .caption = {},
          .firmware = firmware(),
          .disks_by_id = names_in("/dev/disk/by-id"),
          .hypervisor_bit = hypervisor_bit(),
          .interfaces = interfaces(),
          .default_routes = default_routes(),
          .serial = machine_id(),
          .mem_total = mem_total()};
}

}  // namespace reporterd
