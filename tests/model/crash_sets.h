#pragma once
// Which of the writes that were not synced are lost when the power fails.

#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "tests/model/disk_crashes.h"
#include "tests/sim/sim_vfs.h"

namespace reporterd::model {

// Whether each sector of what was not synced was written, file after file.
using Kept = std::vector<bool>;

class CrashSets {
 public:
  CrashSets(const sim::SimVfs::Image& image, const DiskBounds& bounds) : tears_(bounds.tears) {
    for (const auto& [name, file] : image) {
      for (const std::size_t sectors : file.unsynced(bounds.sector)) {
        writes_.emplace_back(sectors_, sectors_ + sectors);
        sectors_ += sectors;
      }
    }
    all_sectors_ = sectors_ <= bounds.all_sets_of;
    all_writes_ = !all_sectors_ && writes_.size() <= bounds.all_sets_of;
  }

  bool all_sectors() const { return all_sectors_; }
  bool all_writes() const { return all_writes_; }

  // Each at most once.
  std::set<Kept> all() const {
    std::vector<std::pair<std::size_t, std::size_t>> single;
    single.reserve(sectors_);
    for (std::size_t i = 0; i < sectors_; ++i) {
      single.emplace_back(i, i + 1);
    }
    std::set<Kept> sets;
    if (all_sectors_) {
      add_every_set(single, sets);
      return sets;
    }
    if (all_writes_) {
      add_every_set(writes_, sets);
    }
    add_chosen(writes_, sets);
    if (tears_) {
      add_chosen(single, sets);
    }
    return sets;
  }

 private:
  using Ranges = std::vector<std::pair<std::size_t, std::size_t>>;

  static void mark(Kept& kept, std::pair<std::size_t, std::size_t> range, bool to) {
    for (std::size_t i = range.first; i < range.second; ++i) {
      kept[i] = to;
    }
  }

  void add_every_set(const Ranges& units, std::set<Kept>& sets) const {
    for (std::uint64_t set = 0; set < (std::uint64_t{1} << units.size()); ++set) {
      Kept kept(sectors_);
      for (std::size_t i = 0; i < units.size(); ++i) {
        mark(kept, units[i], ((set >> i) & 1U) != 0);
      }
      sets.insert(std::move(kept));
    }
  }

  void add_chosen(const Ranges& units, std::set<Kept>& sets) const {
    Kept beginning(sectors_);
    sets.insert(beginning);
    for (const auto& unit : units) {
      Kept lost(sectors_, true);
      mark(lost, unit, false);
      sets.insert(std::move(lost));
      Kept kept(sectors_);
      mark(kept, unit, true);
      sets.insert(std::move(kept));
      mark(beginning, unit, true);
      sets.insert(beginning);
    }
  }

  bool tears_;
  Ranges writes_;  // as sectors
  std::size_t sectors_ = 0;
  bool all_sectors_ = false;
  bool all_writes_ = false;
};

}  // namespace reporterd::model
