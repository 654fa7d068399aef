#pragma once
// What Windows says when it refuses, and its texts in UTF-8.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace reporterd {

struct WindowsError {
  std::uint32_t number;  // GetLastError()
  std::string what;      // one line: what happened, what the system says, what to do
};

template <class T>
using WindowsResult = std::expected<T, WindowsError>;
using WindowsStatus = WindowsResult<void>;

// "what: what the system says".
std::unexpected<WindowsError> refused(const std::string& what, std::uint32_t number);
std::unexpected<WindowsError> refused(const std::string& what);  // the last error of this thread

// What cannot be turned is replaced.
std::wstring wide(std::string_view utf8);
std::string narrow(std::wstring_view text);

}  // namespace reporterd
