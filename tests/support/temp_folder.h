#pragma once
// A folder of a test's own that goes with it.

#include <filesystem>
#include <random>
#include <string>
#include <string_view>

#include "daemon/path.h"

namespace reporterd {

// A new folder in `where`, for this user only.
inline std::filesystem::path make_temp_folder(const std::filesystem::path& where) {
  std::random_device random;
  std::filesystem::path made;
  do {
    made = where / ("reporterd-test-" + std::to_string(random()));
  } while (!std::filesystem::create_directory(made));
  std::filesystem::permissions(made, std::filesystem::perms::owner_all);
  return made;
}

class TempFolder {
 public:
  TempFolder() : path_(make_temp_folder(std::filesystem::temp_directory_path())) {}
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // With the separators that the system itself writes.
  std::string operator/(std::string_view name) const {
    return name_of((path_ / path_of(name)).make_preferred());
  }

 private:
  std::filesystem::path path_;
};

}  // namespace reporterd
