#include "daemon/io/flight_file.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

#include "daemon/core/flight_segment.h"

namespace reporterd {
namespace {

std::string_view text_in(std::span<char> bytes) {
  return {bytes.data(), bytes.size()};
}

// The text from `at` on is gone before anything else changes.
void end_at(std::span<char> bytes, std::size_t at) {
  std::atomic_ref(bytes[at]).store('\0', std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);  // a kill comes between two instructions
}

// A NUL byte stands at `at`, and the text shows at once: its first byte takes that place last.
void put(std::span<char> bytes, std::size_t at, std::string_view text) {
  bytes[at + text.size()] = '\0';
  std::memcpy(bytes.data() + at + 1, text.data() + 1, text.size() - 1);
  std::atomic_ref(bytes[at]).store(text.front(), std::memory_order_release);
}

}  // namespace

Result<std::unique_ptr<FlightFile>> FlightFile::open(const std::string& folder,
                                                     std::size_t segment_bytes) {
  Files files;
  for (std::size_t i = 0; i < files.size(); ++i) {
    auto file = MappedFile::open(folder + "/" + std::string(flight_file_names[i]), segment_bytes);
    if (!file) {
      return std::unexpected(std::move(file.error()));
    }
    files[i] = std::move(*file);
  }
  return std::unique_ptr<FlightFile>(new FlightFile(std::move(files)));
}

FlightFile::FlightFile(Files files) : files_(std::move(files)) {
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const std::span<char> bytes = files_[i]->bytes();
    const auto segment = read_flight_segment(text_in(bytes.first(bytes.size() - 1)));
    const std::size_t used = segment ? segment->head.size() + segment->lines.size() : 0;
    end_at(bytes, used);
    if (segment && segment->serial > serial_) {
      current_ = i;
      used_ = used;
      serial_ = segment->serial;
    }
  }
  if (serial_ == 0) {
    clear();
  }
}

std::size_t FlightFile::room() const {
  const std::size_t end = current().size() - 1;  // the last NUL
  return used_ < end ? end - used_ : 0;
}

void FlightFile::next_segment() {
  current_ = 1 - current_;
  const std::string head = flight_head(++serial_);
  end_at(current(), 0);
  std::ranges::fill(current(), '\0');  // after a loss of power no old line stands behind a new one
  put(current(), 0, head);
  used_ = head.size();
}

void FlightFile::record(std::string_view lines) {
  if (lines.empty() || lines.size() > room()) {
    return;
  }
  put(current(), used_, lines);
  used_ += lines.size();
}

void FlightFile::clear() {
  std::ranges::fill(current(), '\0');
  next_segment();  // empties the other one
}

std::string FlightFile::text() const {
  return flight_text(text_in(files_[0]->bytes()), text_in(files_[1]->bytes()));
}

}  // namespace reporterd
