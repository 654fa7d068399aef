#include "tests/sim/sim_outage.h"

#include <fmt/core.h>

#include <algorithm>

namespace reporterd::sim {
namespace {

// The most that equal jitter allows within `time` of the first failure, every draw the shortest.
std::size_t most_within(Millis time, const RetrySettings& settings) {
  std::size_t count = 0;
  Millis wait = std::min(settings.base, settings.cap);
  while (time >= wait / 2) {
    time -= wait / 2;
    wait = std::min(wait * 2, settings.cap);
    ++count;
  }
  return count;
}

}  // namespace

void Outage::begins() {
  is_out_ = true;
  extra_ = 1;  // a probe that an earlier change of the network gave for nothing
  since_.reset();
  for (auto& [id, is_inside] : out_) {
    is_inside = false;
  }
}

void Outage::restarts() {
  since_.reset();
  out_.clear();
}

std::optional<std::string> Outage::sent(SendId id, Instant now) {
  out_.insert_or_assign(id, is_out_);
  if (!is_out_ || !since_) {
    return std::nullopt;
  }
  ++requests_;
  const std::size_t most = most_within(now - *since_, settings_) + extra_;
  if (requests_ <= most) {
    return std::nullopt;
  }
  return fmt::format("request {} in an outage of {} ms, where the schedule allows {}", requests_,
                     (now - *since_).count(), most);
}

void Outage::replied(SendId id, Fate fate, Instant now) {
  const auto replied = out_.extract(id);
  if (fate == Fate::answered) {  // taken before the outage: it ends a trouble, and what is out
    for (auto& [other, is_inside] : out_) {  // can say nothing of the next one
      is_inside = false;
    }
  }
  const bool all_inside = std::ranges::all_of(out_, [](const auto& out) { return out.second; });
  const bool failed = fate == Fate::unreachable && !replied.empty() && replied.mapped();
  if (is_out_ && !since_ && all_inside && failed) {
    since_ = now;
    requests_ = 0;
  }
}

}  // namespace reporterd::sim
