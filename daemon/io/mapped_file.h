#pragma once
// A file of a fixed size as memory: what is written there outlives the process, however it ends.

#include <memory>
#include <span>
#include <string>

#include "daemon/core/result.h"

namespace reporterd {

class MappedFile {
 public:
  virtual ~MappedFile() = default;
  virtual std::span<char> bytes() = 0;

  // Makes the file (mode 0600) or takes the one that is there, and gives it its size: all of its
  // room is taken now, so that a disk that fills up later cannot fail a write. Errors: io.
  static Result<std::unique_ptr<MappedFile>> open(const std::string& path, std::size_t size);
};

}  // namespace reporterd
