#pragma once
// What the store asks of the file system beside SQLite. One .cpp per operating system.

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/core/result.h"

namespace reporterd {

// Makes the file if it is missing, readable and writable by this user only.
Status make_private_file(const std::string& path);
// Makes the file that long, of blocks that are really its own; what is there already costs nothing.
// false: no space for it.
bool take_room(const std::string& path, std::int64_t bytes);
bool file_exists(const std::string& path);
bool is_own_file(const std::string& path);  // this user's
// How an administrator gets a file mended that is another user's, for people.
std::string_view how_its_owner_mends_it();
bool remove_file(const std::string& path);
// Gives a file a second name; fails instead of overwriting (ErrorCode::conflict) anything.
Status link_file(const std::string& from, const std::string& to);
// Renames in one step, over whatever has the new name.
Status replace_file(const std::string& from, const std::string& to);
// Makes names made, renamed or removed in the folder of `path` survive a power loss.
void sync_folder_of(const std::string& path);

// The system's number for why the last call of this thread failed (errno, or what stands for it);
// set to 0 first where only new ones count.
int last_system_error();
void set_system_error(int number);
// No space left, a quota or a limit of the file's size reached.
bool means_full_disk(int system_error);
int full_disk_error();  // the most usual of those

}  // namespace reporterd
