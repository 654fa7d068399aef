#pragma once
// The pages of an SQLite file that SQLite refuses to read, as of its last commit: the file itself
// with the valid part of its WAL laid over it. Nothing is written. Format:
// https://www.sqlite.org/fileformat2.html

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <unordered_map>

namespace reporterd {

class DamagedFile {
 public:
  // A file that is missing or cannot be read has no pages.
  explicit DamagedFile(const std::string& path);

  std::uint32_t pages() const { return pages_; }
  std::size_t page_size() const { return page_size_; }
  // Reads page `number`, counted from 1, into `page`. false: there is none, or the disk refuses.
  bool read(std::uint32_t number, std::string& page);

 private:
  void lay_over(std::uint64_t wal_bytes);

  std::ifstream file_;
  std::ifstream wal_;
  std::size_t page_size_ = 0;
  std::uint32_t pages_ = 0;
  std::unordered_map<std::uint32_t, std::uint64_t> in_wal_;  // page -> place of its newest bytes
};

}  // namespace reporterd
