#pragma once
// What the store asks of the file system beside SQLite. One .cpp per operating system.

#include <cstdint>
#include <string>

#include "daemon/core/result.h"

namespace reporterd {

// Makes the file if it is missing, readable and writable by this user only.
Status make_private_file(const std::string& path);
bool file_exists(const std::string& path);
bool is_own_file(const std::string& path);  // this user's
bool remove_file(const std::string& path);
// Gives a file a second name; fails instead of overwriting (ErrorCode::conflict) anything.
Status link_file(const std::string& from, const std::string& to);
// Renames in one step, over whatever has the new name.
Status replace_file(const std::string& from, const std::string& to);
// Makes names made, renamed or removed in the folder of `path` survive a power loss.
void sync_folder_of(const std::string& path);

}  // namespace reporterd
