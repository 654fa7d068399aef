#pragma once
// Damage to a file, as text with one edit on each line, so that an input of the fuzzer can be read,
// kept in the tree and understood:
//
//   set 3:100 0d00ff      bytes, from offset 100 of page 3 on
//   copy 3 5              page 3 over page 5
//   cut 8192              the file ends there
//   wal 32 00ff           bytes of the write-ahead log
//   cutwal 100            the log ends there; 0: there is none
//   suspect               damage was met while running, so all of it is looked through
//
// Offsets and pages beyond the end count from the start again; what is no edit is passed over.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace reporterd::fuzz {

inline constexpr std::size_t page_bytes = 4096;

struct Edit {
  enum class Kind { set, copy, cut, wal, cut_wal, suspect };
  Kind kind = Kind::set;
  std::size_t page = 0;  // set, copy: from 1
  std::size_t at = 0;    // copy: the other page
  std::string bytes;     // set, wal
};

std::vector<Edit> read_edits(std::string_view text);  // some hundred at most
std::string write_edits(const std::vector<Edit>& edits);

// An outbox's file and its log, byte for byte.
struct OutboxFiles {
  std::string database;
  std::string wal;  // "": there is none
  bool suspect = false;
};

void damage(OutboxFiles& files, const std::vector<Edit>& edits);

}  // namespace reporterd::fuzz
