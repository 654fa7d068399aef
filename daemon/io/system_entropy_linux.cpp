#include <sys/random.h>

#include "daemon/core/assert.h"
#include "daemon/io/system_entropy.h"

namespace reporterd {

std::uint64_t SystemEntropy::next() {
  std::uint64_t drawn = 0;
  const auto got = getrandom(&drawn, sizeof drawn, 0);  // cannot fail for so few bytes
  ASSERT(got == sizeof drawn);
  return drawn;
}

}  // namespace reporterd
