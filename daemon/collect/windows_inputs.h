#pragma once
// What Windows says of itself, put into the words of HostInputs. Pure.

#include <cstdint>
#include <string>

#include "daemon/collect/host_facts.h"

namespace reporterd {

struct WindowsReadings {
  // RtlGetVersion: GetVersionEx lies to programs that name no version in their manifest.
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::uint32_t build = 0;
  // HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion
  std::string product_name;  // "Windows Server 2019 Standard"
  std::string product_id;    // "00429-00521-62775-AA801"
  std::string machine_guid;  // HKLM\SOFTWARE\Microsoft\Cryptography
  std::string bios_version;  // HKLM\HARDWARE\DESCRIPTION\System: the first of SystemBiosVersion
  std::string smbios;        // GetSystemFirmwareTable('RSMB')
};

// All of HostInputs but network and memory.
HostInputs windows_inputs(const WindowsReadings& readings);

}  // namespace reporterd
