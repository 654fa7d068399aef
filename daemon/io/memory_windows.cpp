#include <windows.h>

#include <bit>

#include "daemon/io/memory.h"

namespace reporterd {

// One heap serves all threads here, and keeps nothing for each of them.
void limit_heaps() {}

void give_memory_back() {
  // HeapOptimizeResources and its HEAP_OPTIMIZE_RESOURCES_INFORMATION, which mingw-w64 lacks: all
  // heaps give back what they keep for the next allocation. Systems that do not know it say no.
  struct {
    DWORD version = 1;
    DWORD flags = 0;
  } wish;
  HeapSetInformation(nullptr, std::bit_cast<HEAP_INFORMATION_CLASS>(3), &wish, sizeof wish);
}

}  // namespace reporterd
