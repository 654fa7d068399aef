#pragma once
// A disk in memory for SQLite. Files outlive the connections that use them, and each knows what was
// synced and what was only written, so that a crash can take away what a real one would: nothing
// when the process is killed, any part of what was not synced when the power fails. Names are
// durable at once (SQLite syncs the folder where that matters).
//
// No shared memory and no real locks: the outbox uses WAL under locking_mode=EXCLUSIVE.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

struct sqlite3_vfs;  // NOLINT(readability-identifier-naming): SQLite's name

namespace reporterd::sim {

// One file. Synced bytes survive a power failure; the writes after them may or may not.
class SimFile {
 public:
  const std::vector<std::byte>& bytes() const { return now_; }
  void write(std::size_t at, const std::byte* data, std::size_t count);
  void truncate(std::size_t size);
  void sync();
  // Each write since the last sync is kept or not, as `keep` says for it.
  void lose_power(const std::function<bool()>& keep);

 private:
  struct Change {
    bool truncates = false;
    std::size_t at = 0;  // of a truncation: the new size
    std::vector<std::byte> data;
  };
  static void apply(std::vector<std::byte>& to, const Change& change);

  std::vector<std::byte> now_;
  std::vector<std::byte> synced_;
  std::vector<Change> unsynced_;
};

// What every write and sync answers from now on.
enum class DiskFault { none, write_error, sync_error, full };

class SimVfs {
 public:
  using Image = std::map<std::string, SimFile>;

  SimVfs();
  ~SimVfs();
  SimVfs(const SimVfs&) = delete;
  SimVfs& operator=(const SimVfs&) = delete;

  const std::string& name() const { return name_; }  // for StoreSettings::vfs

  // Makes an empty database with small pages, as a file: what is small gives many seeds a second.
  void format(const std::string& file, int page_size);

  // A crash: take the image, destroy the connection (which may still write), put the image back.
  Image image() const { return files_; }
  void restore(Image image) { files_ = std::move(image); }
  static void lose_power(Image& image, const std::function<bool()>& keep);

  void fail_with(DiskFault fault) { fault_ = fault; }
  DiskFault fault() const { return fault_; }

  // For the C side only.
  Image& files() { return files_; }

 private:
  std::string name_;
  Image files_;
  DiskFault fault_ = DiskFault::none;
  std::unique_ptr<sqlite3_vfs> vfs_;
};

}  // namespace reporterd::sim
