#include "daemon/core/flight_log.h"

#include <variant>

#include "daemon/core/flight_line.h"
#include "version.h"

namespace reporterd {
namespace {

// What the end of a step's line takes at most: two draws of 20 digits for each verdict, and some.
std::size_t most_after(const Input& input) {
  const auto* const replied = std::get_if<input::Replied>(&input);
  return 128 + 42 * (replied == nullptr ? 1 : replied->verdicts.size());
}

}  // namespace

std::uint64_t FlightLog::next() {
  const std::uint64_t drawn = entropy_.next();
  if (recording_) {
    draws_.push_back(drawn);
  }
  return drawn;
}

void FlightLog::before_step(const Reporter& reporter, Now now, const Input& input) {
  if (recorder_ == nullptr) {
    return;
  }
  line_.clear();
  draws_.clear();
  const auto* const consent = std::get_if<input::ConsentChanged>(&input);
  recording_ = consent == nullptr ? reporter.consent_on() : consent->on;
  if (consent != nullptr && !consent->on) {
    recorder_->clear();
    chained_ = false;
    recorder_->record("off\n");
  }
  if (!recording_) {
    return;
  }
  begin_step(line_, now, input);
  const std::size_t bytes = line_.size() + most_after(input);
  if (!chained_ || recorder_->room() < bytes) {
    begin(reporter, bytes);
  }
}

// Where nothing leads here, and in each segment, stands first how the Reporter is.
void FlightLog::begin(const Reporter& reporter, std::size_t step_bytes) {
  state_.clear();
  if (!chained_) {
    state_ += "begin ";
    state_ += version;
    state_ += '\n';
  }
  write_state(state_, reporter);
  state_ += '\n';
  if (recorder_->room() < state_.size() + step_bytes) {
    recorder_->next_segment();
  }
  chained_ = recorder_->room() >= state_.size() + step_bytes && recorder_->record(state_);
  recording_ = chained_;
}

void FlightLog::after_step(const std::vector<Output>& outputs) {
  if (!recording_) {
    return;
  }
  end_step(line_, draws_, outputs);
  line_ += '\n';
  chained_ = recorder_->record(line_);
}

}  // namespace reporterd
