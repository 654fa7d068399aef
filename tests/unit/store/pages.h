#pragma once
// What the tests of files and pages share: SQLite itself as the judge, and pages
// that no SQLite would write.

#include <algorithm>
#include <string>

#include "tests/support/files.h"
#include "tests/unit/store/box.h"

namespace reporterd {

// As a loss of power would leave it to the next start.
inline void copy_outbox(const std::string& from, const std::string& to) {
  write_bytes(to, read_bytes(from));
  write_bytes(to + "-wal", read_bytes(from + "-wal"));
}

inline std::string big_endian_bytes(std::uint64_t value, std::size_t width) {
  std::string bytes(width, '\0');
  for (std::size_t i = 0; i < width; ++i) {
    bytes[width - 1 - i] = static_cast<char>(value >> (8 * i));
  }
  return bytes;
}

// A database of SQLite's own, without the outbox's settings.
class Plain {
 public:
  explicit Plain(const std::string& path) {
    EXPECT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
  }
  ~Plain() { sqlite3_close(handle); }
  Plain(const Plain&) = delete;
  Plain& operator=(const Plain&) = delete;
  void run(const std::string& sql) {
    EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(handle);
  }
  sqlite3* handle = nullptr;
};

// A file of 512-byte pages put together by hand; the first is a header and holds no rows.
class ByHand {
 public:
  static constexpr std::size_t page_bytes = 512;

  ByHand() : bytes_(page_bytes, '\0') { bytes_.replace(16, 2, big_endian_bytes(page_bytes, 2)); }
  void add(std::string page) {
    page.resize(page_bytes, '\0');
    bytes_ += page;
  }
  // A leaf page of a table with one cell, which begins at `at`.
  static std::string leaf(std::size_t at, const std::string& cell, std::uint64_t cells = 1) {
    std::string page = "\x0d" + std::string(2, '\0') + big_endian_bytes(cells, 2);
    page.resize(8, '\0');
    page += big_endian_bytes(at, 2);
    page.resize(page_bytes, '\0');
    page.replace(std::min(at, page_bytes), cell.size(), cell);
    page.resize(page_bytes, '\0');
    return page;
  }
  const std::string& bytes() const { return bytes_; }
  void write(const std::string& path) const { write_bytes(path, bytes_); }

 private:
  std::string bytes_;
};

}  // namespace reporterd
