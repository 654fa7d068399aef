#pragma once
// Numbers as they stand in SQLite's files. `at` + width must lie within `bytes`.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace reporterd {

inline std::uint32_t number16(std::string_view bytes, std::size_t at) {
  const auto byte = [&](std::size_t place) -> std::uint32_t {
    return static_cast<unsigned char>(bytes[place]);
  };
  return byte(at) << 8 | byte(at + 1);
}

inline std::uint32_t number32(std::string_view bytes, std::size_t at) {
  return number16(bytes, at) << 16 | number16(bytes, at + 2);
}

}  // namespace reporterd
