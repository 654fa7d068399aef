#pragma once
// A disk in memory for SQLite. Files outlive the connections that use them, and each knows what was
// synced and what was only written, so that a crash can take away what a real one would: nothing
// when the process is killed, any sectors of what was not synced when the power fails. A sync that
// fails loses what it should have written, as on Linux: some of it is gone at once, some can still
// be read until the power fails, and no later sync writes it. Names are durable at once (SQLite
// syncs the folder where that matters).
//
// No shared memory and no real locks: the outbox uses WAL under locking_mode=EXCLUSIVE.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/sim_random.h"

struct sqlite3_vfs;  // NOLINT(readability-identifier-naming): SQLite's name

namespace reporterd::sim {

// One file. Synced bytes survive a power failure; the writes after them may or may not.
class SimFile {
 public:
  const std::vector<std::byte>& bytes() const { return now_; }
  void write(std::size_t at, const std::byte* data, std::size_t count);
  void truncate(std::size_t size);
  void sync();
  void fail_sync(Random& luck, std::size_t sector);
  // What a failed sync left readable is not any more: the system needed its memory.
  void forget_unwritten();
  void lose_power(Random& luck, std::size_t sector);
  // What a loss of power may lose: the writes since the last sync, each as its number of sectors.
  std::vector<std::size_t> unsynced(std::size_t sector) const;
  // The power fails; of each of those sectors in turn `has_happened` tells whether it was written.
  void lose_power(const std::function<bool()>& has_happened, std::size_t sector);

 private:
  struct Change {
    bool truncates = false;
    std::size_t at = 0;    // of a truncation: the new size
    std::size_t from = 0;  // in written_
    std::size_t count = 0;
  };
  void change(const Change& change);
  void apply(std::vector<std::byte>& to, const Change& change) const;
  static std::vector<Change> torn(const Change& change, std::size_t sector);
  // Each of those sectors in turn for which `has_happened` says so is synced, and none waits more.
  template <typename HasHappened>
  void sync_where(std::size_t sector, HasHappened has_happened);

  std::vector<std::byte> now_;
  std::vector<std::byte> synced_;
  std::vector<Change> unsynced_;
  // By what is unsynced; one memory for all of it, as it is made so often.
  std::vector<std::byte> written_;
};

// What every write and sync answers from now on.
enum class DiskFault { none, write_error, sync_error, full };

// One call that fails: the one after `after` others of its kind. For good: from then on all do.
enum class DiskCall : std::uint8_t { read, write, sync, truncate, open };
struct CallFault {
  DiskCall call = DiskCall::write;
  int after = 0;
  int error = 0;  // EIO or full_disk_error()
  bool for_good = false;
};

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

  // Decides what is lost, and the size of a sector.
  void draw_from(std::uint64_t seed);

  // A crash: take the image, destroy the connection (which may still write), put the image back.
  Image image() const { return files_; }
  void restore(Image image) { files_ = std::move(image); }
  void lose_power();
  void forget_unwritten();  // what failed syncs left readable, in all files

  void fail_with(DiskFault fault);  // none: heals
  void fail_call(const CallFault& fault) { call_fault_ = fault; }
  void heal() { fail_with(DiskFault::none); }
  // From now on what touches this byte cannot be read.
  void spoil(const std::string& file, std::size_t at) { spoilt_ = {file, at}; }
  bool is_sound() const { return fault_ == DiskFault::none && !call_fault_; }
  // Called before each write, sync, truncation and deletion: the moments when a crash may come.
  void watch(std::function<void()> before_change) { before_change_ = std::move(before_change); }
  // From now on a sync does nothing and says that it did.
  void lie(bool on) { lies_ = on; }

  std::size_t size_of(const std::string& file) const;  // 0: there is none

  // For the C side only.
  Image& files() { return files_; }
  int error_of(DiskCall call);  // errno, 0: it works
  bool is_spoilt(const std::string& file, std::size_t at, std::size_t count) const;
  int error_before() const { return last_error_; }
  void about_to_change() const {
    if (before_change_) {
      before_change_();
    }
  }
  void sync(SimFile& file);
  void fail_sync(SimFile& file) { file.fail_sync(luck_, sector_); }

 private:
  std::string name_;
  Image files_;
  DiskFault fault_ = DiskFault::none;
  std::optional<CallFault> call_fault_;
  std::optional<std::pair<std::string, std::size_t>> spoilt_;
  int last_error_ = 0;
  bool lies_ = false;
  std::function<void()> before_change_;
  Random luck_{0};
  std::size_t sector_ = 512;
  std::unique_ptr<sqlite3_vfs> vfs_;
};

}  // namespace reporterd::sim
