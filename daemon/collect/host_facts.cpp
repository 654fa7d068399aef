#include "daemon/collect/host_facts.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "daemon/core/letters.h"

namespace reporterd {
namespace {

using Interface = HostInputs::Interface;
using Route = HostInputs::Route;

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return out;
}

// Node's os.arch() for what uname calls the machine.
std::string arch_of(const std::string& machine) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> names = {{
      {"x86_64", "x64"},
      {"aarch64", "arm64"},
      {"i386", "ia32"},
      {"i686", "ia32"},
      {"armv6l", "arm"},
      {"armv7l", "arm"},
      {"ppc64le", "ppc64"},
      {"AMD64", "x64"},
  }};
  const auto found = std::ranges::find(names, machine, [](const auto& pair) { return pair.first; });
  return found == names.end() ? machine : std::string(found->second);
}

// Lines KEY=VALUE, the value up to a second '='; a later line of the same key wins.
std::map<std::string, std::string> release_values(std::string_view text) {
  std::map<std::string, std::string> values;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (const auto equals = line.find('='); equals != std::string_view::npos) {
      const auto rest = line.substr(equals + 1);
      std::string value(trimmed(rest.substr(0, rest.find('='))));
      std::erase(value, '"');
      values[upper(trimmed(line.substr(0, equals)))] = std::move(value);
    }
  }
  return values;
}

void take_linux_release(HostFacts& facts, const HostInputs& inputs) {
  const auto values = release_values(inputs.os_release);
  const auto first_of = [&](std::initializer_list<const char*> keys) {
    for (const char* key : keys) {
      if (const auto it = values.find(key); it != values.end() && !it->second.empty()) {
        return it->second;
      }
    }
    return std::string();
  };
  facts.distro = first_of({"DISTRIB_ID", "NAME"});
  facts.release = first_of({"VERSION"});
  facts.codename = first_of({"DISTRIB_CODENAME", "VERSION_CODENAME"});
  if (const auto bracket = facts.release.find('('); bracket != std::string::npos) {
    const std::string inner = facts.release.substr(bracket + 1);
    std::string name = inner.substr(0, inner.find('('));
    std::erase(name, ')');
    facts.codename = trimmed(name);
    facts.release = std::string(trimmed(facts.release.substr(0, bracket)));
  }
  if (facts.release.empty()) {
    facts.release = first_of({"DISTRIB_RELEASE", "VERSION_ID"});
  }
  for (std::string* value : {&facts.distro, &facts.release}) {
    if (value->empty()) {
      *value = "unknown";
    }
  }
}

bool is_virtual_model(const HostInputs::Firmware& firmware) {
  const std::string model = lower(firmware.product);
  const std::string vendor = lower(firmware.vendor);
  return is_one_of(model, "virtualbox", "kvm", "virtual machine", "bochs") ||
         model.starts_with("vmware") || vendor.starts_with("vmware") || vendor == "xen";
}

bool is_virtual_linux(const HostInputs& inputs) {
  const HostInputs::Firmware firmware = inputs.firmware.value_or(HostInputs::Firmware());
  const std::string kernel = lower(inputs.kernel_version);
  return is_virtual_model(firmware) || lower(firmware.product).starts_with("droplet") ||
         std::ranges::any_of(inputs.disks_by_id,
                             [](const std::string& name) {
                               return name.find("_QEMU_") != std::string::npos ||
                                      name.find("_VBOX_") != std::string::npos;
                             }) ||
         kernel.find("microsoft") != std::string::npos || kernel.ends_with("wsl2") ||
         // stands in for the kernel log, which Butler searches and a service may not read
         inputs.hypervisor_bit;
}

bool is_virtual_windows(const HostInputs& inputs) {
  if (!inputs.firmware) {
    return false;
  }
  constexpr std::array<std::string_view, 5> marks = {"VRTUAL", "A M I ", "VirtualBox", "VMWare",
                                                     "Xen"};
  return is_virtual_model(*inputs.firmware) ||
         std::ranges::any_of(inputs.firmware->bios, [&](const std::string& text) {
           return std::ranges::any_of(
               marks, [&](auto mark) { return text.find(mark) != std::string::npos; });
         });
}

// Node lists an interface only when it is up and has an address.
bool is_listed(const Interface& interface) {
  return interface.is_up && !interface.addresses.empty();
}

// Without a usable route: the external interface with the lowest IPv6 scope, else the first one.
const Interface* likeliest_interface(const HostInputs& inputs) {
  const Interface* first = nullptr;
  const Interface* best = nullptr;
  std::uint32_t lowest = 9999;
  for (const Interface& interface : inputs.interfaces) {
    if (!is_listed(interface) || interface.is_internal) {
      continue;
    }
    first = first == nullptr ? &interface : first;
    for (const auto& address : interface.addresses) {
      if (address.scope_id != 0 && address.scope_id < lowest) {
        lowest = address.scope_id;
        best = &interface;
      }
    }
  }
  return best != nullptr ? best : first;
}

// The default route is the first line of `ip route`; without a gateway in it, or with several,
// Butler takes a word of that line for the interface and finds none.
const Interface* linux_default(const HostInputs& inputs) {
  if (inputs.default_routes.empty()) {
    return likeliest_interface(inputs);
  }
  const Route& route =
      *std::ranges::min_element(inputs.default_routes, std::less<>(), &Route::metric);
  const auto named = [&](const Interface& i) { return is_listed(i) && i.name == route.interface; };
  const auto found = std::ranges::find_if(inputs.interfaces, named);
  return route.has_gateway && found != inputs.interfaces.end() ? &*found : nullptr;
}

// The last default route with a gateway counts, metrics do not; its local address tells the
// interface.
const Interface* windows_default(const HostInputs& inputs) {
  std::string local;
  for (const Route& route : inputs.default_routes) {
    local = route.has_gateway ? route.local_ip4 : local;
  }
  const Interface* owner = nullptr;
  for (const Interface& interface : inputs.interfaces) {
    if (is_listed(interface) &&
        std::ranges::find(interface.addresses, local, &HostInputs::Address::text) !=
            interface.addresses.end()) {
      owner = &interface;
    }
  }
  return owner != nullptr ? owner : likeliest_interface(inputs);
}

std::optional<DefaultNic> nic_of(const Interface* interface) {
  if (interface == nullptr) {
    return std::nullopt;
  }
  DefaultNic nic{.mac = lower(interface->mac), .ip4 = {}};
  for (const auto& address : interface->addresses) {
    nic.ip4 = address.is_ip4 ? address.text : nic.ip4;  // the last one
  }
  return nic;
}

}  // namespace

HostFacts host_facts(const HostInputs& inputs) {
  HostFacts facts;
  facts.arch = arch_of(inputs.machine);
  facts.mem_total = inputs.mem_total;
  if (inputs.family == OsFamily::windows) {
    facts.platform = "win32";
    facts.release = inputs.kernel_release;
    facts.distro = trimmed(inputs.caption);
    facts.virtual_machine = is_virtual_windows(inputs);
    facts.nic = nic_of(windows_default(inputs));
    facts.uuid = inputs.firmware ? lower(trimmed(inputs.firmware->uuid)) : "-";
    facts.serial = trimmed(inputs.serial);
  } else {
    facts.platform = "linux";
    take_linux_release(facts, inputs);
    facts.virtual_machine = is_virtual_linux(inputs);
    facts.nic = nic_of(linux_default(inputs));
    facts.uuid = inputs.firmware ? lower(trimmed(inputs.firmware->uuid)) : "";
    facts.serial = lower(trimmed(inputs.serial));
  }
  return facts;
}

bool has_default_route(const HostInputs& inputs) {
  return !inputs.default_routes.empty();
}

}  // namespace reporterd
