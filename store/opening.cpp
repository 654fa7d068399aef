#include "store/opening.h"

#include <fmt/core.h>

#include <cstdint>
#include <filesystem>
#include <system_error>

#include "daemon/path.h"
#include "store/examination.h"
#include "store/files.h"

namespace reporterd {
namespace {

// reporterctl may be looking at what is kept; that takes milliseconds.
constexpr std::chrono::milliseconds look_limit{1000};

std::string suspicion(const std::string& path) {
  return path + ".suspect";
}

// Only after damage was met: it reads everything, and start-up must not. Whatever a transaction can
// stumble on must be found here, or the service would stumble on it again.
void check_if_suspect(Database& database, const std::string& path) {
  if (database.failed() || !file_exists(suspicion(path))) {
    return;
  }
  if (const Examination found = examine(database); !found.damage.empty()) {
    database.refuse(Database::Trouble::corrupt, found.damage.front().c_str());
  }
}

// 20261122T160031Z, for a file name.
std::string compact_utc(WallTime now) {
  using std::chrono::floor;
  const std::chrono::sys_time<Micros> time{now.time_since_epoch()};
  const auto day = floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{floor<std::chrono::seconds>(time - day)};
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

// SQLite would begin anew in a file that is shorter than any database, and throw its WAL away.
bool is_stump(const std::string& path) {
  constexpr std::uintmax_t least_page = 512;
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(path_of(path), error);
  if (error || bytes >= least_page) {
    return false;
  }
  const std::uintmax_t wal_bytes = std::filesystem::file_size(path_of(path + "-wal"), error);
  return bytes > 0 || (!error && wal_bytes > 0);
}

// A salvaged file is complete as soon as it has this name.
std::string salvaged_file(const std::string& path) {
  return path + ".salvaged";
}

// Second names for the file and its WAL, both free before; the former's.
Result<std::string> link_aside(const std::string& path, WallTime now) {
  const std::string stem = path + ".damaged-" + compact_utc(now) + "-";
  for (int n = 1;; ++n) {
    std::string name = stem + std::to_string(n);
    if (file_exists(name) || file_exists(name + "-wal")) {
      continue;
    }
    Status linked = link_file(path, name);
    if (linked && file_exists(path + "-wal")) {
      linked = link_file(path + "-wal", name + "-wal");
    }
    if (linked) {
      return name;
    }
    if (linked.error().code != ErrorCode::conflict) {
      return std::unexpected(linked.error());
    }
  }
}

}  // namespace

bool is_on_disk(const std::string& path, const std::string& vfs) {
  return vfs.empty() && path != ":memory:";
}

Error not_ours(FileKind kind, const std::string& path) {
  return kind == FileKind::foreign
             ? Error{ErrorCode::invalid,
                     path + " is not an outbox of reporterd; move it or use another --state-dir"}
             : Error{ErrorCode::newer_version,
                     path + " was written by a newer reporterd; install that or a newer one"};
}

Error explain(const Database& database, const std::string& path) {
  const std::string& why = database.failure_text();
  switch (database.trouble()) {
    case Database::Trouble::busy:
      return {ErrorCode::locked,
              "another reporterd uses " + path + "; stop it or use another --state-dir"};
    case Database::Trouble::full:
      return {ErrorCode::storage_full, "no space for " + path + "; free some: " + why};
    case Database::Trouble::corrupt:
      return {ErrorCode::corrupt, path + " is damaged: " + why};
    case Database::Trouble::read_only:
      return {ErrorCode::io, "cannot write " + path + "; check its permissions: " + why};
    case Database::Trouble::none:
    case Database::Trouble::other:
      break;
  }
  return {ErrorCode::io, "cannot use " + path + ": " + why};
}

Result<std::unique_ptr<Database>> open_file(const std::string& path, const std::string& vfs) {
  const bool on_disk = is_on_disk(path, vfs);
  if (on_disk) {
    if (auto made = make_private_file(path); !made) {
      return std::unexpected(made.error());
    }
  }
  auto opened = Database::open(path, vfs);
  if (!opened) {
    return opened;
  }
  Database& database = **opened;
  database.wait_for_lock(look_limit);
  if (on_disk && is_stump(path)) {
    database.refuse(Database::Trouble::corrupt, "only its beginning is left");
  }
  const FileKind kind = kind_of_file(database);
  if (!database.failed() && (kind == FileKind::foreign || kind == FileKind::newer)) {
    database.leave_untouched();
    return std::unexpected(not_ours(kind, path));
  }
  if (database.read_only()) {
    database.refuse(Database::Trouble::read_only, "it can only be read");
  }
  take_and_configure(database, kind, on_disk);
  prepare_schema(database, kind);
  if (on_disk) {
    check_if_suspect(database, path);
  }
  if (database.failed()) {
    database.leave_untouched();
    return std::unexpected(explain(database, path));
  }
  if (on_disk) {
    remove_file(suspicion(path));
    sync_folder_of(path);
  }
  return opened;
}

Result<std::unique_ptr<Database>> open_to_look(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path_of(path), error)) {
    return error ? fail(ErrorCode::io, "cannot look at " + path + ": " + error.message())
                 : fail(ErrorCode::not_found, "there is no outbox " + path);
  }
  if (is_stump(path)) {
    return fail(ErrorCode::corrupt, path + " is damaged: only its beginning is left");
  }
  const bool has_wal = file_exists(path + "-wal");
  auto opened = Database::open(path, "");
  if (!opened) {
    return opened;
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
  if (database.failed()) {
    return std::unexpected(explain(database, path));
  }
  if (kind == FileKind::foreign || kind == FileKind::newer) {
    return std::unexpected(not_ours(kind, path));
  }
  if (kind == FileKind::fresh) {
    return fail(ErrorCode::not_found, "there is no outbox in " + path + " yet");
  }
  return opened;
}

Result<Salvaged> make_salvaged(const std::string& path) {
  const std::string unfinished = path + ".salvage";
  auto made = salvage(path, unfinished);
  if (made) {
    if (auto moved = replace_file(unfinished, salvaged_file(path)); !moved) {
      return std::unexpected(moved.error());
    }
    sync_folder_of(path);
  }
  return made;
}

Result<std::optional<std::string>> exchange_salvaged(const std::string& path, WallTime now) {
  if (!file_exists(salvaged_file(path))) {
    return std::nullopt;
  }
  if (auto there = make_private_file(path); !there) {  // should its owner have moved it away
    return std::unexpected(there.error());
  }
  auto name = link_aside(path, now);
  if (!name) {
    return std::unexpected(name.error());
  }
  sync_folder_of(path);
  // The old WAL first: SQLite would apply it to the new file.
  remove_file(path + "-wal");
  sync_folder_of(path);
  if (auto moved = replace_file(salvaged_file(path), path); !moved) {
    return std::unexpected(moved.error());
  }
  remove_file(suspicion(path));
  sync_folder_of(path);
  return *std::move(name);
}

void suspect_file(const std::string& path) {
  if (make_private_file(suspicion(path))) {
    sync_folder_of(path);
  }
}

}  // namespace reporterd
