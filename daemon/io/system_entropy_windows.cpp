#include <windows.h>

#include <bcrypt.h>

#include "daemon/core/assert.h"
#include "daemon/io/system_entropy.h"

namespace reporterd {

std::uint64_t SystemEntropy::next() {
  std::uint64_t drawn = 0;
  const NTSTATUS status = BCryptGenRandom(nullptr, reinterpret_cast<UCHAR*>(&drawn), sizeof drawn,
                                          BCRYPT_USE_SYSTEM_PREFERRED_RNG);
  ASSERT(status == 0);  // fails for wrong arguments only
  return drawn;
}

}  // namespace reporterd
