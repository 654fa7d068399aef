#include "windows-service/windows_error.h"

#include <windows.h>

#include "daemon/unique_handle_windows.h"

namespace reporterd {
namespace {

// In one line.
std::string message_of(DWORD number) {
  wchar_t* made = nullptr;
  const DWORD length =
      FormatMessageW(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM |
                         FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK,
                     nullptr, number, 0, reinterpret_cast<wchar_t*>(&made), 0, nullptr);
  const LocalMemory<wchar_t> message(made);
  std::string text = length == 0 ? std::string() : narrow({made, length});
  while (!text.empty() && (text.back() == ' ' || text.back() == '.')) {
    text.pop_back();
  }
  return text.empty() ? "error " + std::to_string(number) : text;
}

}  // namespace

std::unexpected<WindowsError> refused(const std::string& what, std::uint32_t number) {
  std::string advice;
  if (number == ERROR_ACCESS_DENIED) {
    advice = "; run this as an administrator";
  } else if (number == ERROR_SERVICE_DOES_NOT_EXIST) {
    advice = "; `reporterd service install` makes it";
  }
  return std::unexpected(WindowsError{number, what + ": " + message_of(number) + advice});
}

std::unexpected<WindowsError> refused(const std::string& what) {
  return refused(what, GetLastError());
}

std::wstring wide(std::string_view utf8) {
  const int bytes = static_cast<int>(utf8.size());
  std::wstring text(utf8.size(), L'\0');  // never more units than bytes
  const int length = utf8.empty() ? 0
                                  : MultiByteToWideChar(CP_UTF8, 0, utf8.data(), bytes, text.data(),
                                                        static_cast<int>(text.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::string narrow(std::wstring_view text) {
  constexpr std::size_t bytes_each_unit = 3;
  std::string utf8(text.size() * bytes_each_unit, '\0');
  const int length =
      text.empty()
          ? 0
          : WideCharToMultiByte(CP_UTF8, 0, text.data(), static_cast<int>(text.size()), utf8.data(),
                                static_cast<int>(utf8.size()), nullptr, nullptr);
  utf8.resize(static_cast<std::size_t>(length));
  return utf8;
}

}  // namespace reporterd
