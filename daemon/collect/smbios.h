#pragma once
// The firmware's tables as Windows hands them out. Pure; the bytes may be anything.

#include <optional>
#include <string>
#include <string_view>

namespace reporterd {

struct SmbiosFacts {
  std::string vendor;  // of the system, not of the BIOS
  std::string product;
  std::string serial;
  std::string uuid;  // upper case, as WMI writes it; "" where the table has none
  std::string bios_version;
};

// `raw` is what GetSystemFirmwareTable('RSMB') gives. Nothing when it describes no system; what a
// table that ends early does not say is "".
std::optional<SmbiosFacts> parse_smbios(std::string_view raw);

}  // namespace reporterd
