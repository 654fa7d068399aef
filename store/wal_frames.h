#pragma once
// Which frames of a write-ahead log SQLite believes when it opens one: those of one generation
// (salts), each sound (checksum), from the first on. What stands behind them is left from before,
// or was not written to its end. Format: https://www.sqlite.org/fileformat2.html#walformat

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reporterd {

class WalFrames {
 public:
  static constexpr std::size_t header_bytes = 32;        // of the WAL
  static constexpr std::size_t frame_header_bytes = 24;  // before each page

  // `header`: the WAL's. Absent: SQLite believes nothing of what follows it.
  static std::optional<WalFrames> after(std::string_view header);

  std::size_t page_size() const { return page_size_; }
  std::size_t frame_bytes() const { return frame_header_bytes + page_size_; }
  // Whether it is the next one that is believed; after the first that is not, none is.
  bool take(std::string_view frame);

 private:
  explicit WalFrames(std::string_view header);
  void add(std::string_view bytes);
  bool sum_is(std::string_view bytes, std::size_t at) const;

  bool big_endian_;
  std::size_t page_size_;
  std::string salts_;
  std::uint32_t first_ = 0;  // the running checksum
  std::uint32_t second_ = 0;
};

}  // namespace reporterd
