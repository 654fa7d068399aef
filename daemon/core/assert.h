#pragma once
// ASSERT states an invariant. It stays on in release builds: a broken invariant ends the process
// (the supervisor restarts it, the outbox is safe) instead of going on with wrong data.

#include <cstdio>
#include <cstdlib>

#define ASSERT(condition)                                                                  \
  do {                                                                                     \
    if (!(condition)) {                                                                    \
      std::fprintf(stderr, "reporterd: bug: %s is false at %s:%d\n", #condition, __FILE__, \
                   __LINE__);                                                              \
      std::abort();                                                                        \
    }                                                                                      \
  } while (false)
