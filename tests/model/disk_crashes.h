#pragma once
// The real store through a scenario of reference on the simulated disk, with a loss of power before
// every single write, sync, truncation and deletion of it. What was not synced by then is lost in
// every way that there is, or in a stated choice of ways when there are too many: each time the
// store is opened again and must be as it was before or after the transaction that was cut off.

#include <cstddef>
#include <optional>
#include <string>

namespace reporterd::model {

struct DiskBounds {
  std::size_t sector = 512;
  // All sets of lost sectors when there are at most so many of them, else all sets of lost writes
  // when there are at most so many of those. Beyond: none, all, each one lost, each one kept, each
  // beginning, of writes and, when they are to be torn, of sectors.
  std::size_t all_sets_of = 8;
  bool tears = true;
  bool crash_again = false;  // and before every call of the start after that, all kept or all lost
};

struct DiskFindings {
  std::size_t transactions = 0;
  std::size_t boundaries = 0;
  std::size_t all_sectors = 0;  // boundaries where all sets of sectors were tried
  std::size_t all_writes = 0;   // where all sets of writes were
  std::size_t chosen = 0;       // where a choice was
  std::size_t sets = 0;
  std::size_t images = 0;  // different disks that were left
  std::size_t again = 0;   // crashes within the start after a crash
  std::optional<std::string> violation;
};

DiskFindings crash_everywhere(const DiskBounds& bounds);

}  // namespace reporterd::model
