#pragma once
// Reading words that others wrote: in capitals, with white space around them.

#include <string_view>

namespace reporterd {

// Whether `c` is `lower`, or its capital where that is a letter of ASCII; never by locale.
constexpr bool same_letter(char c, char lower) {
  return (c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c) == lower;
}

// `text` without what it begins and ends with of `blank`.
constexpr std::string_view trimmed(std::string_view text, std::string_view blank = " \t\r\n") {
  const auto first = text.find_first_not_of(blank);
  return first == std::string_view::npos
             ? std::string_view()
             : text.substr(first, text.find_last_not_of(blank) - first + 1);
}

template <class... Words>
constexpr bool is_one_of(std::string_view text, Words... words) {
  return ((text == words) || ...);
}

}  // namespace reporterd
