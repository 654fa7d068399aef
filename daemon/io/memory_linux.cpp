#include <malloc.h>

#include "daemon/io/memory.h"

namespace reporterd {

void limit_heaps() {
  mallopt(M_ARENA_MAX, 2);  // NOLINT(concurrency-mt-unsafe): called before any other thread starts
}

void give_memory_back() {
  malloc_trim(0);
}

}  // namespace reporterd
