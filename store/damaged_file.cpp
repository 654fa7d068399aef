#include "store/damaged_file.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>
#include <vector>

#include "daemon/path.h"
#include "store/big_endian.h"
#include "store/files.h"
#include "store/wal_frames.h"

namespace reporterd {
namespace {

constexpr std::size_t usual_page_size = 4096;  // SQLite's own, which the outbox keeps
constexpr std::size_t header_bytes = 100;

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

}  // namespace

DamagedFile::DamagedFile(const std::string& path)
    : file_(path_of(path), std::ios::binary), wal_(path_of(path + "-wal"), std::ios::binary) {
  const std::uint64_t bytes = size_of(file_);
  std::string header;
  if (read_at(file_, 0, header_bytes, header)) {
    page_size_ = number16(header, 16) == 1 ? 65536 : number16(header, 16);
  }
  std::string wal_header;
  const bool has_wal = read_at(wal_, 0, WalFrames::header_bytes, wal_header);
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

// Takes the frames that SQLite itself would take, up to the last commit. What comes after was never
// acknowledged.
void DamagedFile::lay_over(std::uint64_t wal_bytes) {
  std::string header;
  if (!read_at(wal_, 0, WalFrames::header_bytes, header)) {
    return;
  }
  auto frames = WalFrames::after(header);
  if (!frames || frames->page_size() != page_size_) {
    return;
  }
  const std::uint64_t pages_in_file = pages_;
  const std::size_t frame_bytes = frames->frame_bytes();
  std::vector<std::pair<std::uint32_t, std::uint64_t>> uncommitted;
  std::string frame;
  for (std::uint64_t at = WalFrames::header_bytes; at + frame_bytes <= wal_bytes;
       at += frame_bytes) {
    if (!read_at(wal_, at, frame_bytes, frame) || !frames->take(frame)) {
      return;
    }
    uncommitted.emplace_back(number32(frame, 0), at + WalFrames::frame_header_bytes);
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
