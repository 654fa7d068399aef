// libFuzzer's way into one target, FUZZ_TARGET.

#include <cstddef>
#include <cstdint>

#include "tests/fuzz/targets.h"

// A Violation is not caught: it ends the process, and libFuzzer keeps the input.
// NOLINTNEXTLINE(readability-identifier-naming): the name is given by the library
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  reporterd::fuzz::FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
