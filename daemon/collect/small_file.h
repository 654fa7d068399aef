#pragma once
// Reads small files that other programs write: bounded, never blocking, never half a file.

#include <cstddef>
#include <string>

#include "daemon/core/result.h"

namespace reporterd {

// The whole of `path`, a regular file of at most `max_bytes` (symbolic links are followed).
// Errors: not_found, too_large, invalid (a folder, a FIFO, a device), unavailable (somebody was
// writing or replacing it while it was read: try again), io.
Result<std::string> read_small_file(const std::string& path, std::size_t max_bytes);

// The first and the last `part_bytes` of a regular file of any size (a log file that may grow
// meanwhile); `tail` is empty when `head` has it all.
struct FileEnds {
  std::string head;
  std::string tail;
};
Result<FileEnds> read_file_ends(const std::string& path, std::size_t part_bytes);

}  // namespace reporterd
