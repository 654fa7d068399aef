#pragma once
// Comparing words that others may write in capitals.

namespace reporterd {

// Whether `c` is `lower`, or its capital where that is a letter of ASCII; never by locale.
constexpr bool same_letter(char c, char lower) {
  return (c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c) == lower;
}

}  // namespace reporterd
