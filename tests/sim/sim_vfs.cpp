#include "tests/sim/sim_vfs.h"

#include <fmt/core.h>
#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <new>
#include <utility>

#include "daemon/core/assert.h"
#include "store/files.h"

namespace reporterd::sim {

// ---------------------------------------------------------------- files

void SimFile::apply(std::vector<std::byte>& to, const Change& change) const {
  if (change.truncates) {
    to.resize(std::min(to.size(), change.at));
    return;
  }
  to.resize(std::max(to.size(), change.at + change.count));
  std::memcpy(to.data() + change.at, written_.data() + change.from, change.count);
}

void SimFile::change(const Change& change) {
  unsynced_.push_back(change);
  apply(now_, change);
}

void SimFile::write(std::size_t at, const std::byte* data, std::size_t count) {
  const std::size_t from = written_.size();
  written_.resize(from + count);
  std::memcpy(written_.data() + from, data, count);
  change({false, at, from, count});
}

void SimFile::truncate(std::size_t size) {
  change({true, size, 0, 0});
}

void SimFile::sync() {
  for (const Change& change : unsynced_) {
    apply(synced_, change);
  }
  unsynced_.clear();
  written_.clear();
}

// A sector is written or not; a write is as many changes as it touches sectors.
std::vector<SimFile::Change> SimFile::torn(const Change& change, std::size_t sector) {
  if (change.truncates) {
    return {change};
  }
  std::vector<Change> pieces;
  for (std::size_t done = 0; done < change.count;) {
    const std::size_t at = change.at + done;
    const std::size_t count = std::min(sector - at % sector, change.count - done);
    pieces.push_back({false, at, change.from + done, count});
    done += count;
  }
  return pieces;
}

template <typename HasHappened>
void SimFile::sync_where(std::size_t sector, HasHappened has_happened) {
  for (const Change& change : unsynced_) {
    for (const Change& piece : torn(change, sector)) {
      if (has_happened()) {
        apply(synced_, piece);
      }
    }
  }
  unsynced_.clear();
  written_.clear();
}

void SimFile::fail_sync(Random& luck, std::size_t sector) {
  const bool still_readable = luck.percent(50);
  sync_where(sector, [&luck] { return luck.percent(30); });
  if (!still_readable) {
    now_ = synced_;
  }
}

void SimFile::forget_unwritten() {
  now_ = synced_;
  for (const Change& change : unsynced_) {
    apply(now_, change);
  }
}

// Half of the time each write happened whole or not at all.
void SimFile::lose_power(Random& luck, std::size_t sector) {
  constexpr std::size_t whole = std::numeric_limits<std::size_t>::max();
  const bool tears = luck.percent(50);
  sync_where(tears ? sector : whole, [&luck] { return luck.percent(50); });
  now_ = synced_;
}

std::vector<std::size_t> SimFile::unsynced(std::size_t sector) const {
  std::vector<std::size_t> sectors;
  sectors.reserve(unsynced_.size());
  for (const Change& change : unsynced_) {
    sectors.push_back(torn(change, sector).size());
  }
  return sectors;
}

void SimFile::lose_power(const std::function<bool()>& has_happened, std::size_t sector) {
  sync_where(sector, has_happened);
  now_ = synced_;
}

void SimVfs::draw_from(std::uint64_t seed) {
  luck_ = Random(seed);
  sector_ = luck_.one_of<std::size_t>({512, 4096});
}

void SimVfs::lose_power() {
  for (auto& [name, file] : files_) {
    file.lose_power(luck_, sector_);
  }
}

void SimVfs::forget_unwritten() {
  for (auto& [name, file] : files_) {
    file.forget_unwritten();
  }
}

void SimVfs::fail_with(DiskFault fault) {
  fault_ = fault;
  call_fault_.reset();
}

std::size_t SimVfs::size_of(const std::string& file) const {
  const auto found = files_.find(file);
  return found == files_.end() ? 0 : found->second.bytes().size();
}

int SimVfs::error_of(DiskCall call) {
  const bool writes = call == DiskCall::write || call == DiskCall::truncate;
  int error = 0;
  if (fault_ == DiskFault::full && call == DiskCall::write) {
    error = full_disk_error();
  } else if ((fault_ == DiskFault::write_error && (writes || call == DiskCall::sync)) ||
             (fault_ == DiskFault::sync_error && call == DiskCall::sync)) {
    error = EIO;
  } else if (call_fault_ && call_fault_->call == call && call_fault_->after-- <= 0) {
    error = call == DiskCall::read ? EIO : call_fault_->error;
    if (!call_fault_->for_good) {
      call_fault_.reset();
    }
  }
  if (error != 0) {
    last_error_ = error;
  }
  return error;
}

bool SimVfs::is_spoilt(const std::string& file, std::size_t at, std::size_t count) const {
  return spoilt_ && spoilt_->first == file && at <= spoilt_->second && spoilt_->second < at + count;
}

void SimVfs::sync(SimFile& file) {
  if (!lies_) {
    file.sync();
  }
}

// ---------------------------------------------------------------- SQLite's side

namespace {

struct Handle {
  sqlite3_file base;
  SimVfs* disk;
  std::string* name;  // of a temporary file: none
  SimFile* temporary;
};

Handle& handle_of(sqlite3_file* file) {
  return *reinterpret_cast<Handle*>(file);
}

SimVfs& disk_of(sqlite3_vfs* vfs) {
  return *static_cast<SimVfs*>(vfs->pAppData);
}

// A file that was deleted while open is gone: nothing in the outbox does that.
SimFile& file_of(sqlite3_file* file) {
  Handle& handle = handle_of(file);
  return handle.temporary != nullptr ? *handle.temporary : handle.disk->files()[*handle.name];
}

int close_file(sqlite3_file* file) {
  Handle& handle = handle_of(file);
  delete handle.name;
  delete handle.temporary;
  return SQLITE_OK;
}

int read_file(sqlite3_file* file, void* to, int count, sqlite3_int64 at) {
  const Handle& handle = handle_of(file);
  const auto from = static_cast<std::size_t>(at);
  const auto wanted = static_cast<std::size_t>(count);
  if (handle.disk->error_of(DiskCall::read) != 0 ||
      (handle.name != nullptr && handle.disk->is_spoilt(*handle.name, from, wanted))) {
    return SQLITE_IOERR_READ;
  }
  const auto& bytes = file_of(file).bytes();
  const std::size_t there = from < bytes.size() ? std::min(wanted, bytes.size() - from) : 0;
  if (there > 0) {
    std::memcpy(to, bytes.data() + from, there);
  }
  if (there == wanted) {
    return SQLITE_OK;
  }
  std::memset(static_cast<std::byte*>(to) + there, 0, wanted - there);
  return SQLITE_IOERR_SHORT_READ;
}

int write_file(sqlite3_file* file, const void* from, int count, sqlite3_int64 at) {
  handle_of(file).disk->about_to_change();
  const int error = handle_of(file).disk->error_of(DiskCall::write);
  if (error != 0) {
    return error == full_disk_error() ? SQLITE_FULL : SQLITE_IOERR_WRITE;
  }
  file_of(file).write(static_cast<std::size_t>(at), static_cast<const std::byte*>(from),
                      static_cast<std::size_t>(count));
  return SQLITE_OK;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  handle_of(file).disk->about_to_change();
  if (handle_of(file).disk->error_of(DiskCall::truncate) != 0) {
    return SQLITE_IOERR_TRUNCATE;
  }
  file_of(file).truncate(static_cast<std::size_t>(size));
  return SQLITE_OK;
}

int sync_file(sqlite3_file* file, int /*flags*/) {
  SimVfs& disk = *handle_of(file).disk;
  disk.about_to_change();
  if (disk.error_of(DiskCall::sync) != 0) {
    disk.fail_sync(file_of(file));
    return SQLITE_IOERR_FSYNC;
  }
  disk.sync(file_of(file));
  return SQLITE_OK;
}

int size_of_file(sqlite3_file* file, sqlite3_int64* size) {
  *size = static_cast<sqlite3_int64>(file_of(file).bytes().size());
  return SQLITE_OK;
}

int no_lock(sqlite3_file* /*file*/, int /*level*/) {
  return SQLITE_OK;
}

int no_reserved_lock(sqlite3_file* /*file*/, int* reserved) {
  *reserved = 0;
  return SQLITE_OK;
}

int no_control(sqlite3_file* /*file*/, int /*operation*/, void* /*argument*/) {
  return SQLITE_NOTFOUND;
}

int sector_size(sqlite3_file* /*file*/) {
  return 4096;
}

int characteristics(sqlite3_file* /*file*/) {
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

constexpr sqlite3_io_methods methods = {
    1,       close_file, read_file,        write_file, truncate_file, sync_file,       size_of_file,
    no_lock, no_lock,    no_reserved_lock, no_control, sector_size,   characteristics, nullptr,
    nullptr, nullptr,    nullptr,          nullptr,    nullptr};

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  SimVfs& disk = disk_of(vfs);
  if (name != nullptr && (flags & SQLITE_OPEN_CREATE) == 0 && !disk.files().contains(name)) {
    file->pMethods = nullptr;
    return SQLITE_CANTOPEN;
  }
  if (disk.error_of(DiskCall::open) != 0) {
    file->pMethods = nullptr;
    return SQLITE_CANTOPEN;
  }
  Handle& handle = *new (file) Handle{};
  handle.disk = &disk;
  if (name != nullptr) {
    disk.files().try_emplace(name);
    handle.name = new std::string(name);
  } else {
    handle.temporary = new SimFile;
  }
  handle.base.pMethods = &methods;
  if (out_flags != nullptr) {
    *out_flags = flags;
  }
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* name, int /*sync_folder*/) {
  disk_of(vfs).about_to_change();
  return disk_of(vfs).files().erase(name) > 0 ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
}

int has_file(sqlite3_vfs* vfs, const char* name, int /*flags*/, int* result) {
  *result = disk_of(vfs).files().contains(name) ? 1 : 0;
  return SQLITE_OK;
}

int full_name(sqlite3_vfs* /*vfs*/, const char* name, int size, char* out) {
  sqlite3_snprintf(size, out, "%s", name);
  return SQLITE_OK;
}

// SQLite salts WAL headers with it: the same numbers in every run.
int randomness(sqlite3_vfs* /*vfs*/, int count, char* out) {
  std::memset(out, 0x5a, static_cast<std::size_t>(count));
  return count;
}

int no_sleep(sqlite3_vfs* /*vfs*/, int /*microseconds*/) {
  return 0;
}

int no_time(sqlite3_vfs* /*vfs*/, double* julian_day) {
  *julian_day = 2460000.5;
  return SQLITE_OK;
}

int last_error(sqlite3_vfs* vfs, int /*size*/, char* /*text*/) {
  return disk_of(vfs).error_before();
}

}  // namespace

namespace {

// SQLite would count its memory under one lock for all threads; nobody asks for the number.
void stop_counting_memory() {
  static const int result = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  ASSERT(result == SQLITE_OK || result == SQLITE_MISUSE);  // misuse: it is in use already
}

}  // namespace

SimVfs::SimVfs()
    : name_(fmt::format("sim-{}", static_cast<const void*>(this))), vfs_(new sqlite3_vfs{}) {
  stop_counting_memory();
  vfs_->iVersion = 1;
  vfs_->szOsFile = sizeof(Handle);
  vfs_->mxPathname = 512;
  vfs_->zName = name_.c_str();
  vfs_->pAppData = this;
  vfs_->xOpen = open_file;
  vfs_->xDelete = delete_file;
  vfs_->xAccess = has_file;
  vfs_->xFullPathname = full_name;
  vfs_->xRandomness = randomness;
  vfs_->xSleep = no_sleep;
  vfs_->xCurrentTime = no_time;
  vfs_->xGetLastError = last_error;
  ASSERT(sqlite3_vfs_register(vfs_.get(), 0) == SQLITE_OK);
}

void SimVfs::format(const std::string& file, int page_size) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  ASSERT(sqlite3_open_v2(file.c_str(), &handle, flags, name_.c_str()) == SQLITE_OK);
  const std::string sql = fmt::format(
      "PRAGMA page_size = {}; PRAGMA auto_vacuum = INCREMENTAL;"
      "CREATE TABLE first(x); DROP TABLE first",
      page_size);
  ASSERT(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  ASSERT(sqlite3_close(handle) == SQLITE_OK);
}

SimVfs::~SimVfs() {
  sqlite3_vfs_unregister(vfs_.get());
}

}  // namespace reporterd::sim
