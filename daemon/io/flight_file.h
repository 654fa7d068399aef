#pragma once
// The flight recorder on disk: two files in the state folder, written as memory. A record costs no
// system call and survives kill -9; nothing is synced, so a power cut may take the latest ones.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "daemon/core/flight_recorder.h"
#include "daemon/core/result.h"
#include "daemon/io/mapped_file.h"

namespace reporterd {

class FlightFile final : public FlightRecorder {
 public:
  // Weeks of two reports a day, or some thousand messages of a busy hour; and a size that a person
  // can still send by mail.
  static constexpr std::size_t usual_segment_bytes = std::size_t{512} << 10;

  // Goes on behind what the files in `folder` hold; damaged ones are begun anew. Errors: io.
  static Result<std::unique_ptr<FlightFile>> open(const std::string& folder,
                                                  std::size_t segment_bytes = usual_segment_bytes);

  std::size_t room() const override;
  void next_segment() override;
  void record(std::string_view lines) override;
  void clear() override;

  std::string text() const;  // all that is kept

 private:
  using Files = std::array<std::unique_ptr<MappedFile>, 2>;
  explicit FlightFile(Files files);
  std::span<char> current() const { return files_[current_]->bytes(); }

  Files files_;
  std::size_t current_ = 0;
  std::size_t used_ = 0;  // of the current one
  std::uint64_t serial_ = 0;
};

}  // namespace reporterd
