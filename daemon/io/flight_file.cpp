#include "daemon/io/flight_file.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "daemon/core/flight_segment.h"
#include "daemon/path.h"

namespace reporterd {

Result<std::unique_ptr<FlightFile>> FlightFile::open(const std::string& folder,
                                                     std::size_t segment_bytes) {
  Files files;
  for (std::size_t i = 0; i < files.size(); ++i) {
    auto file = FixedFile::open(folder + "/" + std::string(flight_file_names[i]), segment_bytes);
    if (!file) {
      return std::unexpected(std::move(file.error()));
    }
    files[i] = std::move(*file);
  }
  return std::unique_ptr<FlightFile>(new FlightFile(std::move(files)));
}

void FlightFile::remove(const std::string& folder) {
  for (const std::string_view name : flight_file_names) {
    std::error_code ignored;
    std::filesystem::remove(path_of(folder) / name, ignored);
  }
}

FlightFile::FlightFile(Files files) : files_(std::move(files)) {
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const std::string bytes = files_[i]->read();
    const auto segment = read_flight_segment(bytes);
    if (segment && segment->serial > serial_) {
      current_ = i;
      used_ = segment->head.size() + segment->lines.size();
      serial_ = segment->serial;
    }
  }
  if (serial_ == 0) {
    clear();
  } else {
    current().erase(used_);
  }
}

std::size_t FlightFile::room() const {
  return current().size() - used_;
}

void FlightFile::next_segment() {
  current_ = 1 - current_;
  current().erase();  // after a loss of power no old line stands behind a new one
  used_ = 0;
  if (!record(flight_head(++serial_))) {
    used_ = current().size();  // without a head it is no segment
  }
}

bool FlightFile::record(std::string_view lines) {
  const bool kept = lines.size() <= room() && current().write(used_, lines);
  if (kept) {
    used_ += lines.size();
  }
  return kept;
}

void FlightFile::clear() {
  current().erase();
  next_segment();
}

std::string FlightFile::text() const {
  return flight_text(files_[0]->read(), files_[1]->read());
}

}  // namespace reporterd
