#include "daemon/collect/windows_inputs.h"

#include <string_view>
#include <utility>

#include "daemon/collect/smbios.h"

namespace reporterd {
namespace {

// Butler takes the caption of Win32_OperatingSystem. That is the registry's ProductName behind the
// maker's name, but for Windows 11, which the registry still calls 10. So the registry will do: a
// question to WMI can take seconds, or for ever where its store is damaged, and scanners report it.
// What is inexact: the year that long-term editions of Windows 10 carry in the registry only; and
// the language, which WMI's name has in client editions ("Microsoft Windows 10 Famille"), and the
// registry's has not.
std::string caption_of(const WindowsReadings& readings) {
  constexpr std::string_view maker = "Microsoft ";
  constexpr std::string_view ten = "Windows 10";
  constexpr std::uint32_t first_eleven = 22000;
  std::string name = readings.product_name;
  if (readings.build >= first_eleven && name.starts_with(ten)) {
    name.replace(0, ten.size(), "Windows 11");
  }
  return name.empty() || name.starts_with(maker) ? name : std::string(maker) + name;
}

}  // namespace

HostInputs windows_inputs(const WindowsReadings& readings) {
  HostInputs inputs;
  inputs.family = OsFamily::windows;
  inputs.machine = "x64";  // Node names what it was built for; Butler and we, for nothing else
  inputs.kernel_release = std::to_string(readings.major) + "." + std::to_string(readings.minor) +
                          "." + std::to_string(readings.build);
  inputs.caption = caption_of(readings);
  if (auto firmware = parse_smbios(readings.smbios)) {
    inputs.firmware = {.uuid = std::move(firmware->uuid),
                       .product = std::move(firmware->product),
                       .vendor = std::move(firmware->vendor),
                       .bios = {readings.bios_version, std::move(firmware->serial),
                                std::move(firmware->bios_version)}};
  }
  inputs.serial = readings.product_id;
  inputs.machine_id = readings.machine_guid;
  return inputs;
}

}  // namespace reporterd
