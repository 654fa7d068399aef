#pragma once
// Notices that files changed, came or went: written in place, replaced by rename, through a
// symbolic link, or with folders that do not exist yet. It watches folders, since a file that is
// replaced takes its own watch with it.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/core/result.h"
#include "daemon/io/loop.h"

namespace reporterd {

class FileWatch {
 public:
  // `on_change` gets the (normalised) name of the file. Changes that come close together are
  // one call, some 50 ms after the first; nothing is promised about the file being complete then.
  FileWatch(Loop& loop, std::function<void(const std::string& file)> on_change);
  ~FileWatch();

  // Replaces the set of watched files (absolute names). Error: ErrorCode::io, a folder cannot be
  // watched (the system's limit of inotify watches, permissions); the others are watched all the
  // same.
  Status set_files(const std::vector<std::string>& files);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reporterd
