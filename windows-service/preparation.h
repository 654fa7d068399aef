#pragma once
// What the service needs in the system besides itself: Event Log source, folders, local group, a
// configuration.

#include <functional>
#include <vector>

#include "windows-service/installation.h"
#include "windows-service/windows_error.h"

namespace reporterd {

// The way back from what was made, should the rest fail.
class Undo {
 public:
  Undo() = default;
  ~Undo();  // goes all the way, the last step first
  Undo(const Undo&) = delete;
  Undo& operator=(const Undo&) = delete;

  void add(std::function<void()> step);
  void keep();  // what was made stays

 private:
  std::vector<std::function<void()>> steps_;
};

// Makes what is missing; `undo` gets the way back from that alone.
WindowsResult<Warnings> prepare(const InstallOptions& options, Undo& undo);

// Names of files, full.
std::string this_program();
std::string absolute(const std::string& file);
std::string folder_of(const std::string& file);

}  // namespace reporterd
