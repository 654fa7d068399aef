#pragma once
// Opening the outbox's file: who may use it, what to do with one that is not ours, newer, damaged.

#include <memory>
#include <optional>
#include <string>

#include "daemon/core/result.h"
#include "daemon/core/time.h"
#include "store/database.h"
#include "store/salvage.h"
#include "store/schema.h"

namespace reporterd {

// A place on disk, as opposed to memory or a test's own VFS: only there can files stand beside it.
bool is_on_disk(const std::string& path, const std::string& vfs);

// Opens, takes and configures the file; makes it when it is missing. Errors as in sqlite_outbox.h;
// ErrorCode::corrupt when it is damaged.
Result<std::unique_ptr<Database>> open_file(const std::string& path, const std::string& vfs);

// Opens the file of a service that is down, and sees that it is an outbox; leaves the file and its
// WAL as they are. It is locked meanwhile, as a service would lock it. Errors: not_found, locked,
// invalid, newer_version, corrupt, io.
Result<std::unique_ptr<Database>> open_to_look(const std::string& path);

// The error for a file of another program, or of a newer reporterd.
Error not_ours(FileKind kind, const std::string& path);

// Salvages a damaged file into a complete new one beside it, which exchange_salvaged() then puts in
// its place. Errors as in salvage.h.
Result<Salvaged> make_salvaged(const std::string& path);

// Gives the damaged file and its WAL names that are free (the first is the answer) and puts the
// salvaged file in its place. Nothing when no salvaged file waits for that; so an exchange that a
// crash cut off goes on when this is called again.
Result<std::optional<std::string>> exchange_salvaged(const std::string& path, WallTime now);

// Asks the next open_file() to look through the whole file (examination.h), because damage was met.
void suspect_file(const std::string& path);

// The error that says what failed in `database` and what to do about it.
Error explain(const Database& database, const std::string& path);

}  // namespace reporterd
