#pragma once
// Port: where the Engine writes down what the brain was told, so that a failure in the field can be
// run again. Two segments, written in turn: a full one is kept until the other is full, too.

#include <cstddef>
#include <string_view>

namespace reporterd {

class FlightRecorder {
 public:
  virtual ~FlightRecorder() = default;
  // How many bytes still fit into the segment that is written now.
  virtual std::size_t room() const = 0;
  // Goes on in the other segment; what that one held is forgotten.
  virtual void next_segment() = 0;
  // Whole lines, each with its end. False: they do not fit or cannot be written, and none is kept.
  virtual bool record(std::string_view lines) = 0;
  // Forgets both segments.
  virtual void clear() = 0;
};

}  // namespace reporterd
