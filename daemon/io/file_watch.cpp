#include "daemon/io/file_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "daemon/io/uv_handle.h"
#include "daemon/path.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t gather_ms = 50;  // an editor's save is several events

// Tells one state of a file from another, through symbolic links. All zero: it is not there.
struct Fingerprint {
  std::uint64_t device = 0, inode = 0, bytes = 0;
  std::int64_t changed_s = 0, changed_ns = 0;

  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

Fingerprint fingerprint_of(const fs::path& file) {
  uv_fs_t request;
  Fingerprint print;
  if (uv_fs_stat(nullptr, &request, name_of(file).c_str(), nullptr) == 0) {
    const uv_stat_t& stat = request.statbuf;
    print = {stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtim.tv_sec, stat.st_mtim.tv_nsec};
  }
  uv_fs_req_cleanup(&request);
  return print;
}

// The folder of a file, or the nearest one above it that exists.
fs::path nearest_folder(const fs::path& file) {
  fs::path folder = file.parent_path();
  std::error_code error;
  while (!fs::is_directory(folder, error) && folder.has_relative_path()) {
    folder = folder.parent_path();
  }
  return folder;
}

// /tmp and its like: what others do there would wake us all day.
bool is_everyones(const fs::path& folder) {
  std::error_code error;
  const auto bits = fs::perms::sticky_bit | fs::perms::others_write;
  return (fs::status(folder, error).permissions() & bits) == bits;
}

bool is_at_or_below(const fs::path& path, const fs::path& top) {
  return std::ranges::mismatch(path, top).in2 == top.end();
}

}  // namespace

struct FileWatch::State {
  struct Folder {
    State* owner = nullptr;
    fs::path path;
    Handle<uv_fs_event_t> handle;
  };

  State(uv_loop_t* raw, std::function<void(const std::string&)> callback)
      : loop(raw), on_change(std::move(callback)), gather(make_handle(raw, uv_timer_init, this)) {}

  Status place_watches();
  Status watch_around(const fs::path& file, std::set<fs::path>& needed);
  Status watch(const fs::path& path);
  void see(const fs::path& folder, const fs::path& name, bool entry_came_or_went);
  void mark_changed_files();
  void mark(const fs::path& file);
  void tell();

  uv_loop_t* loop;
  std::function<void(const std::string&)> on_change;
  std::map<fs::path, Fingerprint> files;
  std::map<fs::path, std::unique_ptr<Folder>> folders;
  std::set<fs::path> changed;
  Handle<uv_timer_t> gather;
};

Status FileWatch::State::watch(const fs::path& path) {
  if (folders.contains(path)) {
    return {};
  }
  auto folder = std::make_unique<Folder>();
  folder->owner = this;
  folder->path = path;
  folder->handle = make_handle(loop, uv_fs_event_init, folder.get());
  const int status = uv_fs_event_start(
      folder->handle.get(),
      [](uv_fs_event_t* handle, const char* name, int events, int) {
        const auto* seen = static_cast<Folder*>(handle->data);
        const fs::path where = seen->path;  // the folder may go while it is dealt with
        seen->owner->see(where, path_of(name == nullptr ? "" : name), (events & UV_RENAME) != 0);
      },
      name_of(path).c_str(), 0);
  if (status != 0) {
    return fail(ErrorCode::io, fmt::format("cannot watch the folder {} for changes: {}",
                                           name_of(path), uv_strerror(status)));
  }
  folders[path] = std::move(folder);
  return {};
}

// Watches the folder of `file`, or the nearest one that exists, and two above it: an upgrade moves
// the whole folder of a program away and puts another one there, which the folder itself, once
// watched, would not tell.
Status FileWatch::State::watch_around(const fs::path& file, std::set<fs::path>& needed) {
  Status status;
  fs::path folder = nearest_folder(file);
  for (int tries = 0; tries < 10; ++tries) {
    needed.insert(folder);
    status = watch(folder);
    const fs::path nearest = nearest_folder(file);
    if (nearest == folder) {
      break;
    }
    folder = nearest;  // it appeared while we looked
  }
  for (int above = 0; above < 2 && folder.has_relative_path(); ++above) {
    folder = folder.parent_path();
    if (is_everyones(folder)) {
      break;
    }
    needed.insert(folder);
    if (const Status tried = watch(folder); !tried && status) {
      status = tried;
    }
  }
  return status;
}

Status FileWatch::State::place_watches() {
  Status status;
  std::set<fs::path> needed;
  for (const auto& [file, seen] : files) {
    if (const Status tried = watch_around(file, needed); !tried && status) {
      status = tried;
    }
  }
  std::erase_if(folders, [&](const auto& entry) { return !needed.contains(entry.first); });
  return status;
}

void FileWatch::State::see(const fs::path& folder, const fs::path& name, bool entry_came_or_went) {
  const fs::path path = folder / name;
  if (files.contains(path)) {
    mark(path);
    return;
  }
  if (!entry_came_or_went) {
    mark_changed_files();  // one of them, perhaps, where names may be written in several ways
    return;
  }
  // A folder on the way to a file, or (libuv then gives the folder's own name) the watched folder
  // itself: what was watched there and below is not what bears the name now.
  const fs::path& top = name == folder.filename() ? folder : path;
  if (std::erase_if(folders, [&](const auto& entry) { return is_at_or_below(entry.first, top); }) >
          0 ||
      std::any_of(files.begin(), files.end(),
                  [&](const auto& entry) { return is_at_or_below(entry.first, top); })) {
    // A folder that cannot be watched was told by set_files already.
    static_cast<void>(place_watches());
  }
  mark_changed_files();  // also those behind a symbolic link that was swapped
}

void FileWatch::State::mark_changed_files() {
  for (const auto& [file, seen] : files) {
    if (fingerprint_of(file) != seen) {
      mark(file);
    }
  }
}

void FileWatch::State::mark(const fs::path& file) {
  files[file] = fingerprint_of(file);
  changed.insert(file);
  if (uv_is_active(reinterpret_cast<uv_handle_t*>(gather.get())) == 0) {
    uv_timer_start(
        gather.get(), [](uv_timer_t* timer) { static_cast<State*>(timer->data)->tell(); },
        gather_ms, 0);
  }
}

void FileWatch::State::tell() {
  const auto callback = on_change;  // may destroy this watch
  for (const fs::path& file : std::exchange(changed, {})) {
    callback(name_of(file));
  }
}

FileWatch::FileWatch(Loop& loop, std::function<void(const std::string&)> on_change)
    : state_(std::make_unique<State>(loop.raw(), std::move(on_change))) {}

FileWatch::~FileWatch() = default;

Status FileWatch::set_files(const std::vector<std::string>& files) {
  std::map<fs::path, Fingerprint> before = std::exchange(state_->files, {});
  for (const auto& file : files) {
    const fs::path name = path_of(file).lexically_normal();
    const auto known = before.find(name);
    state_->files[name] = known == before.end() ? fingerprint_of(name) : known->second;
  }
  std::erase_if(state_->changed, [&](const auto& file) { return !state_->files.contains(file); });
  Status status = state_->place_watches();
  state_->mark_changed_files();  // what changed while the watches were placed
  return status;
}

}  // namespace reporterd
