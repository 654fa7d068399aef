#pragma once
// Text as Windows gives it, in UTF-8. Names of files go through daemon/path.h instead.

#include <windows.h>

#include <string>
#include <string_view>

namespace reporterd {

// Half a character becomes U+FFFD.
inline std::string text_in_utf8(std::wstring_view text) {
  const int length = static_cast<int>(text.size());
  const int bytes =
      WideCharToMultiByte(CP_UTF8, 0, text.data(), length, nullptr, 0, nullptr, nullptr);
  std::string out(static_cast<std::size_t>(bytes), '\0');
  WideCharToMultiByte(CP_UTF8, 0, text.data(), length, out.data(), bytes, nullptr, nullptr);
  return out;
}

}  // namespace reporterd
