#include <windows.h>

#include <bit>
#include <string>
#include <vector>

#include "daemon/collect/host_facts.h"
#include "daemon/collect/network_inputs.h"
#include "daemon/collect/wide_text_windows.h"
#include "daemon/collect/windows_inputs.h"

namespace reporterd {
namespace {

// The first text of a value; "" when it is not there or may not be read.
std::string registry_text(const wchar_t* key, const wchar_t* name) {
  // A 64-bit program sees the keys themselves, not those for 32-bit programs.
  constexpr DWORD kinds = RRF_RT_REG_SZ | RRF_RT_REG_MULTI_SZ;
  DWORD bytes = 0;
  if (RegGetValueW(HKEY_LOCAL_MACHINE, key, name, kinds, nullptr, nullptr, &bytes) != 0) {
    return "";
  }
  std::wstring text(bytes / sizeof(wchar_t) + 1, L'\0');
  bytes = static_cast<DWORD>(text.size() * sizeof(wchar_t));
  if (RegGetValueW(HKEY_LOCAL_MACHINE, key, name, kinds, nullptr, text.data(), &bytes) != 0) {
    return "";  // it grew meanwhile
  }
  return text_in_utf8(text.substr(0, text.find(L'\0')));
}

std::string smbios_table() {
  constexpr DWORD provider = 0x52534D42;  // 'RSMB'
  std::string table(GetSystemFirmwareTable(provider, 0, nullptr, 0), '\0');
  const UINT bytes =
      GetSystemFirmwareTable(provider, 0, table.data(), static_cast<DWORD>(table.size()));
  return bytes == table.size() ? table : "";
}

void read_version(WindowsReadings& readings) {
  using Function = LONG(WINAPI*)(OSVERSIONINFOW*);
  OSVERSIONINFOW version = {};
  version.dwOSVersionInfoSize = sizeof version;
  const FARPROC found = GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "RtlGetVersion");
  if (found != nullptr && std::bit_cast<Function>(found)(&version) == 0) {
    readings.major = version.dwMajorVersion;
    readings.minor = version.dwMinorVersion;
    readings.build = version.dwBuildNumber;
  }
}

}  // namespace

HostInputs read_host_inputs() {
  constexpr const wchar_t* current = LR"(SOFTWARE\Microsoft\Windows NT\CurrentVersion)";
  WindowsReadings readings;
  read_version(readings);
  readings.product_name = registry_text(current, L"ProductName");
  readings.product_id = registry_text(current, L"ProductId");
  readings.machine_guid = registry_text(LR"(SOFTWARE\Microsoft\Cryptography)", L"MachineGuid");
  readings.bios_version = registry_text(LR"(HARDWARE\DESCRIPTION\System)", L"SystemBiosVersion");
  readings.smbios = smbios_table();
  HostInputs inputs = windows_inputs(readings);
  inputs.interfaces = network_interfaces();
  inputs.default_routes = default_routes();
  MEMORYSTATUSEX memory = {};
  memory.dwLength = sizeof memory;
  inputs.mem_total = GlobalMemoryStatusEx(&memory) != 0 ? memory.ullTotalPhys : 0;
  return inputs;
}

}  // namespace reporterd
