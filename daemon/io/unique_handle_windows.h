#pragma once
// What Windows gave, and wants back. Internal to io/, shows windows.h.

#include <windows.h>

#include <memory>

namespace reporterd {

struct HandleClose {
  void operator()(HANDLE handle) const noexcept { CloseHandle(handle); }
};
using UniqueHandle = std::unique_ptr<void, HandleClose>;

struct LocalRelease {
  void operator()(void* memory) const noexcept { LocalFree(memory); }
};
template <class T>
using LocalMemory = std::unique_ptr<T, LocalRelease>;

}  // namespace reporterd
