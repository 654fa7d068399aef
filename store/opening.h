#pragma once
// Opening the outbox's file: who may use it, what to do with one that is not ours, newer, damaged.

#include <memory>
#include <optional>
#include <string>

#include "daemon/core/result.h"
#include "daemon/core/time.h"
#include "store/database.h"
#include "store/schema.h"

namespace reporterd {

struct OpenedFile {
  std::unique_ptr<Database> database;
  std::optional<std::string> set_aside;  // where a damaged file was moved
};

// A place on disk, as opposed to memory or a test's own VFS: only there can files stand beside it.
bool is_on_disk(const std::string& path, const std::string& vfs);

// Opens, takes and configures the file; makes it when it is missing. Errors as in sqlite_outbox.h;
// ErrorCode::corrupt when it is damaged.
Result<std::unique_ptr<Database>> open_file(const std::string& path, const std::string& vfs);

// The error for a file of another program, or of a newer reporterd.
Error not_ours(FileKind kind, const std::string& path);

// Moves a damaged file and its WAL aside under names that are free; the new name.
Result<std::string> set_aside(const std::string& path, WallTime now);

// Asks the next open_file() to look through the whole file, because damage was met while running.
void suspect_file(const std::string& path);

// The error that says what failed in `database` and what to do about it.
Error explain(const Database& database, const std::string& path);

}  // namespace reporterd
