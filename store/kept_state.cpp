#include "store/kept_state.h"

#include <filesystem>
#include <system_error>

#include "store/files.h"
#include "store/opening.h"

namespace reporterd {

Result<KeptState> read_kept_state(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return error ? fail(ErrorCode::io, "cannot look at " + path + ": " + error.message())
                 : fail(ErrorCode::not_found, "there is no outbox " + path);
  }
  const bool has_wal = file_exists(path + "-wal");
  auto opened = Database::open(path, "");
  if (!opened) {
    return std::unexpected(opened.error());
  }
  Database& database = **opened;
  if (database.read_only()) {  // without the lock nothing that is read is sure
    database.leave_untouched();
    return fail(ErrorCode::io,
                "there is no permission to lock " + path + "; ask as its owner or as root");
  }
  if (has_wal) {  // else it is made for the look, and closing removes it
    database.leave_untouched();
  }
  const FileKind kind = kind_of_file(database);
  KeptState kept;
  if (!database.failed()) {
    if (kind == FileKind::foreign || kind == FileKind::newer) {
      return std::unexpected(not_ours(kind, path));
    }
    if (kind == FileKind::ours) {
      Statement all(database, "SELECT name, value FROM state");
      for (Query row(all); row.next();) {
        kept.emplace(row.text(0), row.text(1));
      }
    }
  }
  if (database.failed()) {
    return std::unexpected(explain(database, path));
  }
  return kept;
}

}  // namespace reporterd
