#pragma once
// What the system lends, given back when it goes.

#include <windows.h>

#include <memory>

namespace reporterd::ctl {

struct HandleCloser {
  void operator()(HANDLE handle) const { CloseHandle(handle); }
};
using Handle = std::unique_ptr<void, HandleCloser>;

// Null when there is none.
inline Handle owned(HANDLE handle) {
  return Handle(handle == INVALID_HANDLE_VALUE ? nullptr : handle);
}

struct LocalMemoryFreer {
  void operator()(void* memory) const { LocalFree(memory); }
};
template <class T>
using LocalMemory = std::unique_ptr<T, LocalMemoryFreer>;

}  // namespace reporterd::ctl
