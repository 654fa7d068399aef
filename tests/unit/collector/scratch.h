#pragma once
// A folder of its own for a test, removed after it.

#include <stdlib.h>  // mkdtemp

#include <filesystem>
#include <string>

namespace reporterd {

class Scratch {
 public:
  Scratch() {
    std::string name = std::filesystem::temp_directory_path() / "reporter-collector.XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string file(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace reporterd
