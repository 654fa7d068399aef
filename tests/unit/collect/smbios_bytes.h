#pragma once
// Tables of a firmware, made by tests.

#include <cstdint>
#include <string>
#include <vector>

namespace reporterd {

// A structure of `type` whose fixed part is the four bytes of its head and `formed`.
inline std::string smbios_structure(std::uint8_t type, const std::string& formed,
                                    const std::vector<std::string>& texts) {
  std::string bytes = {static_cast<char>(type), static_cast<char>(formed.size() + 4), 0, 0};
  bytes += formed;
  for (const std::string& text : texts) {
    bytes += text + '\0';
  }
  return bytes + (texts.empty() ? std::string(2, '\0') : std::string(1, '\0'));
}

// As GetSystemFirmwareTable gives it: a head of eight bytes before the structures.
inline std::string smbios_raw(const std::string& structures) {
  return std::string("\0\2\10\0", 4) + std::string(4, '\0') + structures;
}

// Of a system: numbers of vendor, product and serial, then the UUID's 16 bytes.
inline std::string smbios_system(const std::string& vendor, const std::string& product,
                                 const std::string& serial, const std::string& uuid) {
  return smbios_structure(1, std::string("\1\2\0\3", 4) + uuid, {vendor, product, serial});
}

// The 16 bytes of "C1D14D56-5A1B-4A2F-9E11-00112233AABB", the first three fields turned around.
inline std::string smbios_uuid(std::string text) {
  std::erase(text, '-');
  std::string bytes;
  for (const std::size_t at : {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15}) {
    bytes += static_cast<char>(std::stoi(text.substr(at * 2, 2), nullptr, 16));
  }
  return bytes;
}

}  // namespace reporterd
