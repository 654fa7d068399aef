#pragma once
// What Windows lends, given back when it goes. Shows windows.h.

#include <windows.h>

#include <memory>

namespace reporterd {

struct HandleClose {
  void operator()(HANDLE handle) const noexcept { CloseHandle(handle); }
};
using UniqueHandle = std::unique_ptr<void, HandleClose>;

// Null when there is none.
inline UniqueHandle owned(HANDLE handle) {
  return UniqueHandle(handle == INVALID_HANDLE_VALUE ? nullptr : handle);
}

struct LocalRelease {
  void operator()(void* memory) const noexcept { LocalFree(memory); }
};
template <class T>
using LocalMemory = std::unique_ptr<T, LocalRelease>;

}  // namespace reporterd
