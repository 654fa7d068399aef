#pragma once
// What the store asks of the file system beside SQLite. One .cpp per operating system.

#include <cstdint>
#include <string>

#include "daemon/core/result.h"

namespace reporterd {

// Makes the file if it is missing, readable and writable by this user only.
Status make_private_file(const std::string& path);
bool file_exists(const std::string& path);
bool remove_file(const std::string& path);
// Renames; fails instead of overwriting (ErrorCode::conflict) anything.
Status rename_file(const std::string& from, const std::string& to);
// Makes names made, renamed or removed in the folder of `path` survive a power loss.
void sync_folder_of(const std::string& path);

}  // namespace reporterd
