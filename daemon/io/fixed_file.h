#pragma once
// A file of a fixed size that is written in place. What was written outlives the process, however
// it ends; nothing is synced.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/core/result.h"

namespace reporterd {

class FixedFile {
 public:
  // Makes the file (mode 0600) or takes the one that is there, and gives it its size: all of its
  // room is taken now, so that a disk that fills up later hardly ever fails a write. Errors: io.
  static Result<std::unique_ptr<FixedFile>> open(const std::string& path, std::size_t size);

  ~FixedFile();
  FixedFile(const FixedFile&) = delete;
  FixedFile& operator=(const FixedFile&) = delete;

  std::size_t size() const { return size_; }
  // All of it; what cannot be read is missing at the end.
  std::string read() const;
  // Errors: io; it may be there in part.
  Status write(std::size_t at, std::string_view bytes);
  // Nothing but NUL bytes from there on; or nothing at all, where those cannot be written.
  void erase(std::size_t from = 0);

 private:
  FixedFile(std::string path, int file, std::size_t size);
  Status write_nul(std::size_t from);

  std::string path_;
  int file_;
  std::size_t size_;
};

}  // namespace reporterd
