#pragma once
// Writes each step of the Reporter down with a recorder, so that a replay can run it again. While
// telemetry is off nothing is written but that it is off, and what was written before is gone.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "daemon/core/entropy.h"
#include "daemon/core/flight_recorder.h"
#include "daemon/core/reporter.h"

namespace reporterd {

// The Reporter draws from it, so that it knows what was drawn.
class FlightLog final : public Entropy {
 public:
  // `recorder`: nullptr to write nothing.
  FlightLog(Entropy& entropy, FlightRecorder* recorder) : entropy_(entropy), recorder_(recorder) {}

  std::uint64_t next() override;
  void before_step(const Reporter& reporter, Now now, const Input& input);
  void after_step(const std::vector<Output>& outputs);

 private:
  void begin(const Reporter& reporter, std::size_t step_bytes);

  Entropy& entropy_;
  FlightRecorder* recorder_;
  bool recording_ = false;  // the step under way
  bool chained_ = false;    // what is recorded leads to the Reporter's state without a gap
  std::string line_;        // reused, as all of these
  std::string state_;
  std::vector<std::uint64_t> draws_;
};

}  // namespace reporterd
