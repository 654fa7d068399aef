#pragma once
// A folder of a test's own that goes with it.

#include <cstdlib>
#include <filesystem>
#include <string>

#include "daemon/core/assert.h"

namespace reporterd {

class TempFolder {
 public:
  TempFolder() {
    std::string name = std::filesystem::temp_directory_path() / "reporterd-test-XXXXXX";
    const char* made = mkdtemp(name.data());
    ASSERT(made != nullptr);
    path_ = name;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace reporterd
