#include "store/damaged_file.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>
#include <vector>

#include "daemon/path.h"
#include "store/files.h"

namespace reporterd {
namespace {

constexpr std::size_t usual_page_size = 4096;  // SQLite's own, which the outbox keeps
constexpr std::size_t header_bytes = 100;
constexpr std::size_t wal_header_bytes = 32;
constexpr std::size_t frame_header_bytes = 24;
constexpr std::uint32_t wal_magic = 0x377f0682;  // the lowest bit: checksums are big-endian

std::uint32_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

bool is_page_size(std::size_t size) {
  return size >= 512 && size <= 65536 && std::has_single_bit(size);
}

// 0 when it cannot be read.
std::uint64_t size_of(std::ifstream& file) {
  file.seekg(0, std::ios::end);
  const std::streamoff size = file ? std::streamoff(file.tellg()) : 0;
  file.clear();
  return size > 0 ? static_cast<std::uint64_t>(size) : 0;
}

// What is missing at the end of the file becomes zeros; how many bytes are not.
std::size_t read_some(std::ifstream& file, std::uint64_t at, std::size_t bytes, std::string& into) {
  into.assign(bytes, '\0');
  file.clear();
  file.seekg(static_cast<std::streamoff>(at));
  file.read(into.data(), static_cast<std::streamsize>(bytes));
  return static_cast<std::size_t>(file.gcount());
}

bool read_at(std::ifstream& file, std::uint64_t at, std::size_t bytes, std::string& into) {
  return read_some(file, at, bytes, into) == bytes;
}

// The WAL's running checksum.
class WalSum {
 public:
  explicit WalSum(bool big_endian) : big_endian_(big_endian) {}
  void add(std::string_view bytes) {
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
      first_ += word(bytes, at) + second_;
      second_ += word(bytes, at + 4) + first_;
    }
  }
  bool is(std::string_view bytes, std::size_t at) const {
    return number32(bytes, at) == first_ && number32(bytes, at + 4) == second_;
  }

 private:
  std::uint32_t word(std::string_view bytes, std::size_t at) const {
    const std::uint32_t big = number32(bytes, at);
    return big_endian_ ? big : __builtin_bswap32(big);
  }
  bool big_endian_;
  std::uint32_t first_ = 0;
  std::uint32_t second_ = 0;
};

}  // namespace

std::uint32_t number16(std::string_view bytes, std::size_t at) {
  return byte_at(bytes, at) << 8 | byte_at(bytes, at + 1);
}

std::uint32_t number32(std::string_view bytes, std::size_t at) {
  return number16(bytes, at) << 16 | number16(bytes, at + 2);
}

DamagedFile::DamagedFile(const std::string& path)
    : file_(path_of(path), std::ios::binary), wal_(path_of(path + "-wal"), std::ios::binary) {
  const std::uint64_t bytes = size_of(file_);
  std::string header;
  if (read_at(file_, 0, header_bytes, header)) {
    page_size_ = number16(header, 16) == 1 ? 65536 : number16(header, 16);
  }
  std::string wal_header;
  const bool has_wal = read_at(wal_, 0, wal_header_bytes, wal_header);
  if (!is_page_size(page_size_) && has_wal) {
    page_size_ = number32(wal_header, 8);
  }
  if (!is_page_size(page_size_)) {
    page_size_ = usual_page_size;
  }
  const std::uint64_t pages = (bytes + page_size_ - 1) / page_size_;
  pages_ = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(pages, std::numeric_limits<std::uint32_t>::max() - 1));
  if (has_wal) {
    lay_over(size_of(wal_));
  }
}

// Takes the frames that SQLite itself would take: of one generation (salts), each sound (checksum),
// up to the last commit. What comes after was never acknowledged.
void DamagedFile::lay_over(std::uint64_t wal_bytes) {
  std::string header;
  if (!read_at(wal_, 0, wal_header_bytes, header) || (number32(header, 0) & ~1U) != wal_magic ||
      number32(header, 8) != page_size_) {
    return;
  }
  const std::uint64_t pages_in_file = pages_;
  WalSum sum((number32(header, 0) & 1) != 0);
  sum.add(std::string_view(header).substr(0, 24));
  if (!sum.is(header, 24)) {
    return;
  }
  const std::size_t frame_bytes = frame_header_bytes + page_size_;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> uncommitted;
  std::string frame;
  for (std::uint64_t at = wal_header_bytes; at + frame_bytes <= wal_bytes; at += frame_bytes) {
    if (!read_at(wal_, at, frame_bytes, frame) ||
        frame.compare(8, 8, header, 16, 8) != 0) {  // the salts
      return;
    }
    sum.add(std::string_view(frame).substr(0, 8));
    sum.add(std::string_view(frame).substr(frame_header_bytes));
    if (!sum.is(frame, 16)) {
      return;
    }
    uncommitted.emplace_back(number32(frame, 0), at + frame_header_bytes);
    if (const std::uint32_t pages_after_commit = number32(frame, 4); pages_after_commit != 0) {
      for (const auto& [page, place] : uncommitted) {
        in_wal_[page] = place;
      }
      uncommitted.clear();
      pages_ = static_cast<std::uint32_t>(
          std::min<std::uint64_t>(pages_after_commit, pages_in_file + in_wal_.size()));
    }
  }
}

bool DamagedFile::read(std::uint32_t number, std::string& page) {
  if (number == 0 || number > pages_) {
    return false;
  }
  if (const auto newer = in_wal_.find(number); newer != in_wal_.end()) {
    return read_at(wal_, newer->second, page_size_, page);
  }
  return read_some(file_, std::uint64_t{number - 1} * page_size_, page_size_, page) > 0;
}

}  // namespace reporterd
