#pragma once
// The flight recorder on disk: two files in the state folder, each written in place, one system
// call a record. A record survives kill -9; nothing is synced, so a power cut may take the latest
// ones. Not mapped as memory: a bad sector, or a file that another program cuts, would end the
// service.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/core/flight_recorder.h"
#include "daemon/core/result.h"
#include "daemon/io/fixed_file.h"

namespace reporterd {

class FlightFile final : public FlightRecorder {
 public:
  // Weeks of two reports a day, or some thousand messages of a busy hour; and a size that a person
  // can still send by mail.
  static constexpr std::size_t usual_segment_bytes = std::size_t{512} << 10;

  // Goes on behind what the files in `folder` hold; damaged ones are begun anew. Errors: io.
  static Result<std::unique_ptr<FlightFile>> open(const std::string& folder,
                                                  std::size_t segment_bytes = usual_segment_bytes);

  // What a life before left in `folder` is gone, as far as this one may.
  static void remove(const std::string& folder);

  std::size_t room() const override;
  void next_segment() override;
  bool record(std::string_view lines) override;
  void clear() override;

  std::string text() const;  // all that is kept

 private:
  using Files = std::array<std::unique_ptr<FixedFile>, 2>;
  explicit FlightFile(Files files);
  FixedFile& current() const { return *files_[current_]; }

  Files files_;
  std::size_t current_ = 0;
  std::size_t used_ = 0;  // of the current one; behind it are NUL bytes only
  std::uint64_t serial_ = 0;
};

}  // namespace reporterd
