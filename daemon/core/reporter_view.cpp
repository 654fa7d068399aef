// What the Reporter shows of itself: when it wants to be woken, and its condition in one word.
#include <algorithm>
#include <utility>

#include "daemon/core/limits.h"
#include "daemon/core/reporter.h"

namespace reporterd {

std::optional<Instant> Reporter::wake_at() const {
  std::optional<Instant> at;
  if (stopping_ || !consent_on_) {
    return at;
  }
  if (snapshot_.oldest_accepted && !expiry_asked_) {
    keep_earlier(at, std::max(next_expiry_, *snapshot_.oldest_accepted + settings_.max_age));
  }
  if (paused_) {
    keep_earlier(at, pause_until_);
  } else {
    keep_earlier(at, next_attempt());
  }
  return at;
}

std::optional<Instant> Reporter::next_attempt() const {
  if (stopping_ || !consent_on_ || paused_ || !configured_ || !has_backlog()) {
    return std::nullopt;
  }
  if (notice_until_) {
    return notice_until_;
  }
  const Instant gate = std::max(memory_.next_attempt, memory_.retry_after_until);
  const bool leasable = !exhausted_ && leased_bytes_ < leased_bytes_max;
  if (has_room() && !lease_asked_ && (leasable || !ready_.empty() || !split_.empty())) {
    return gate;
  }
  if (next_due_ && !lease_asked_) {
    return std::max(gate, *next_due_);
  }
  return std::nullopt;
}

// ---------------------------------------------------------------- what people see

// Nobody needs to wake for its end alone.
std::optional<Instant> Reporter::notice_until(Instant now) const {
  return notice_until_ && now < *notice_until_ ? notice_until_ : std::nullopt;
}

Condition Reporter::condition(Instant now) const {
  if (stopping_) {
    return Condition::stopping;
  }
  if (!consent_on_) {
    return Condition::off;
  }
  if (!configured_) {
    return Condition::no_destination;
  }
  if (paused_) {
    return Condition::paused;
  }
  if (notice_until(now)) {
    return Condition::notice;
  }
  switch (memory_.problem) {
    case Problem::auth:
      return Condition::auth_problem;
    case Problem::config:
      return Condition::config_problem;
    case Problem::asked_to_wait:
      return now < memory_.retry_after_until ? Condition::asked_to_wait : Condition::unreachable;
    case Problem::unreachable:
      return Condition::unreachable;
    case Problem::none:
      break;
  }
  if (!sends_.empty() || !ready_.empty() || lease_asked_) {
    return Condition::sending;
  }
  return has_backlog() ? Condition::waiting : Condition::idle;
}

void Reporter::note_condition(Now now) {
  // Sending, waiting and idle come and go with every message: one state to a reader of the log.
  const auto for_the_log = [](Condition condition) {
    const bool well = condition == Condition::sending || condition == Condition::waiting;
    return well ? Condition::idle : condition;
  };
  const Condition is = for_the_log(condition(now.observed));
  if (is != noted_) {
    out_.push_back(output::Changed{noted_, is, memory_.why});
    noted_ = is;
  }
}

}  // namespace reporterd
