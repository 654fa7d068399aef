#include <sys/sysinfo.h>
#include <sys/utsname.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "daemon/collect/host_facts.h"
#include "daemon/collect/network_inputs.h"
#include "daemon/collect/small_file.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

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

// The kernel lets root alone read the UUID; the service gets it as a credential, which says
// "unavailable" where the machine has none.
std::string system_uuid() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the daemon never changes this of its environment
  if (const char* folder = std::getenv("CREDENTIALS_DIRECTORY")) {
    if (auto text = text_of(std::string(folder) + "/product_uuid"); !text.empty()) {
      return text == "unavailable" ? "" : text;
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
  const std::string id = machine_id();
  return {.family = OsFamily::linux_os,
          .machine = name.machine,
          .kernel_release = name.release,
          .kernel_version = name.version,
          .os_release = os_release_text(),
          .caption = {},
          .firmware = firmware(),
          .disks_by_id = names_in("/dev/disk/by-id"),
          .hypervisor_bit = hypervisor_bit(),
          .interfaces = network_interfaces(),
          .default_routes = default_routes(),
          .serial = id,
          .machine_id = id,
          .mem_total = mem_total()};
}

}  // namespace reporterd
