#pragma once
// What a report says about the machine, by the rules of Butler 5.1's own library.
//
// HostInputs is what the operating system says, read natively, or recorded; host_facts is pure.
// Addresses and serial numbers serve the instance id only and never leave as such.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace reporterd {

enum class OsFamily { linux_os, windows };

struct HostInputs {
  struct Address {
    std::string text;
    bool is_ip4 = false;
    std::uint32_t scope_id = 0;  // of a link-local IPv6 address, else 0
  };
  struct Interface {
    std::string name;  // Windows: the friendly name
    std::string mac;   // "02:42:ac:11:00:02"
    std::vector<Address> addresses;
    bool is_internal = false;
    bool is_up = true;
  };
  struct Route {            // an IPv4 default route
    std::string interface;  // Linux: name of the interface, "" for several at once
    std::string local_ip4;  // Windows: address of the interface
    bool has_gateway = false;
    std::uint32_t metric = 0;
  };
  struct Firmware {  // SMBIOS; "" where the machine or the permissions give none
    std::string uuid;
    std::string product;
    std::string vendor;
    std::vector<std::string> bios;  // Windows: Version, SerialNumber, SMBIOSBIOSVersion
  };

  OsFamily family = OsFamily::linux_os;
  std::string machine;         // "x86_64", or already Node's name ("x64")
  std::string kernel_release;  // Linux: uname -r; Windows: "10.0.17763"
  std::string kernel_version;  // Linux: uname -v
  std::string os_release;      // Linux: /etc/*-release in order of names, then /usr/lib/os-release
  std::string caption;         // Windows: "Microsoft Windows Server 2019 Standard"
  std::optional<Firmware> firmware;
  std::vector<std::string> disks_by_id;  // Linux: names in /dev/disk/by-id
  bool hypervisor_bit = false;           // CPUID leaf 1, ECX bit 31
  std::vector<Interface> interfaces;     // in the order of the operating system
  std::vector<Route> default_routes;     // likewise
  std::string serial;                    // Linux: machine-id; Windows: the product id
  std::string machine_id;                // of this installation: machine-id; MachineGuid
  std::uint64_t mem_total = 0;           // bytes
};

struct DefaultNic {
  std::string mac;
  std::string ip4;  // "" : it has none
};

struct HostFacts {
  std::string arch;      // "x64"
  std::string platform;  // "linux", "win32"
  std::string release;
  std::string distro;
  std::string codename;
  bool virtual_machine = false;
  std::optional<DefaultNic> nic;  // the interface of the default route, if Butler would find it
  std::string uuid;
  std::string serial;
  std::uint64_t mem_total = 0;  // bytes
};

HostFacts host_facts(const HostInputs& inputs);

// Is the network there, so that the instance id can be computed?
bool has_default_route(const HostInputs& inputs);

// Reads this machine. Starts no program; what cannot be read is left out. Linux: reads the system
// UUID from $CREDENTIALS_DIRECTORY/product_uuid where the service manager put it there.
HostInputs read_host_inputs();

}  // namespace reporterd
