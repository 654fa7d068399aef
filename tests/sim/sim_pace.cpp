#include "tests/sim/sim_pace.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "daemon/destination/retry_after.h"

namespace reporterd::sim {
namespace {

// The least that the backoff may be: e/2 with e = min(cap, base * 2^failures).
Millis least_wait(Millis base, Millis cap, int failures) {
  Millis most = std::min(base, cap);
  for (int i = 0; i < failures && most < cap; ++i) {
    most = std::min(most * 2, cap);
  }
  return most / 2;
}

bool is_page(const Reply& reply) {
  return reply.content_type.starts_with("text/html");
}

// All of it is refused; a batch is then split.
bool refuses(const Reply& reply) {
  const bool has_results = reply.body.find("results") != std::string::npos;
  return reply.status == 400 || reply.status == 413 ||
         (has_results && reply.body.find(R"("status":20)") == std::string::npos &&
          reply.body.find(R"("status":409)") == std::string::npos);
}

}  // namespace

std::optional<std::string> Pace::sent(SendId id, std::vector<std::string> keys, Now now) {
  if (out_.empty()) {
    unsure_ = false;
  }
  std::optional<std::string> wrong = too_early_again(keys, now);
  out_.insert_or_assign(id, Out{spell_, std::move(keys)});
  if (now.observed < wait_.retry_after_until) {
    return fmt::format("a request within a Retry-After that ends in {} ms",
                       (wait_.retry_after_until - now.observed).count());
  }
  if (now.observed < wait_.not_before && !free_probe_) {
    return fmt::format("a request {} ms before the backoff after {} failures ends",
                       (wait_.not_before - now.observed).count(), wait_.failures);
  }
  return wrong;
}

// Each message that failed by itself waits for its own retry, but for the probe of a trouble.
std::optional<std::string> Pace::too_early_again(const std::vector<std::string>& keys,
                                                 Now now) const {
  for (const std::string& key : keys) {
    const auto found = retries_.find(key);
    if (found != retries_.end() && now.observed < found->second.not_before && !wait_.in_trouble &&
        !unsure_) {
      return fmt::format("{} is sent again {} ms before its own retry {}", key,
                         (found->second.not_before - now.observed).count(), found->second.failures);
    }
  }
  return std::nullopt;
}

void Pace::replied(SendId id, const Reply& reply, Now now) {
  const auto found = out_.find(id);
  if (found == out_.end()) {
    return;
  }
  const Out out = std::move(found->second);
  out_.erase(found);
  const bool of_this_spell = out.spell == spell_;
  if (reply.fate == Fate::cancelled) {
    return;
  }
  if (reply.fate == Fate::unreachable) {
    if (of_this_spell) {
      failed(now);
    }
    return;
  }
  if (reply.fate == Fate::ambiguous) {
    isolated_failure(out, of_this_spell, now);
    return;
  }
  const bool is_error = reply.status >= 500;
  const bool is_redirect = reply.status >= 300 && reply.status < 400;
  const bool is_unauthorized = reply.status == 401 || reply.status == 403;
  if (reply.status == 429 || (is_error && reply.retry_after)) {
    overloaded(out, reply, now);
    return;
  }
  if (is_error) {
    isolated_failure(out, of_this_spell, now);
  } else if (is_redirect || (is_unauthorized && !is_page(reply))) {
    if (of_this_spell) {
      refused(now);
    }
  } else if (is_page(reply)) {
    if (of_this_spell) {
      failed(now);
    }
  } else if (refuses(reply)) {
    unsure_ |= !ever_accepted_;  // it may count as a problem of the configuration
    if (out.keys.size() == 1) {
      spoke(of_this_spell);
    }
  } else {
    ever_accepted_ = true;
    failing_.clear();
    free_probe_ = false;
    spoke(of_this_spell);
  }
}

// 429, or a server error with a Retry-After.
void Pace::overloaded(const Out& out, const Reply& reply, Now now) {
  const bool of_this_spell = out.spell == spell_;
  const auto asked = reply.retry_after ? parse_retry_after(*reply.retry_after, reply.date, now.wall)
                                       : std::nullopt;
  if (asked) {
    const Millis wait = std::clamp<Millis>(
        *asked, std::min<Millis>(std::chrono::seconds(1), settings_.retry_after_max),
        settings_.retry_after_max);
    const bool is_longer = now.observed + wait > wait_.retry_after_until;
    wait_.retry_after_until = std::max(wait_.retry_after_until, now.observed + wait);
    if (of_this_spell || is_longer) {
      wait_.in_trouble = true;
      if (std::exchange(free_probe_, false)) {
        wait_.not_before = Instant{};  // the service itself has said when
      }
      ++spell_;
    }
  } else if (reply.status != 429) {
    isolated_failure(out, of_this_spell, now);
  } else if (of_this_spell) {
    failed(now);
  }
}

// The service spoke: no backoff any more. Only what was sent after a Retry-After can end it.
void Pace::spoke(bool of_this_spell) {
  free_probe_ &= !of_this_spell;
  const Instant until = of_this_spell ? Instant{} : wait_.retry_after_until;
  wait_ = Wait{};
  wait_.retry_after_until = until;
}

void Pace::failed(Now now) {
  ++spell_;
  wait_.in_trouble = true;
  if (std::exchange(free_probe_, false) || unsure_) {
    return;
  }
  wait_.not_before = now.observed + least_wait(settings_.base, settings_.cap, wait_.failures);
  ++wait_.failures;
}

void Pace::refused(Now now) {
  ++spell_;
  wait_.in_trouble = true;
  free_probe_ = false;
  if (!unsure_) {
    wait_.not_before = now.observed + settings_.cap / 2;
  }
}

void Pace::isolated_failure(const Out& out, bool of_this_spell, Now now) {
  for (const std::string& key : out.keys) {
    failing_.insert(key);
    Retry& retry = retries_[key];
    retry.not_before =
        now.observed + least_wait(settings_.message_base, settings_.cap, retry.failures);
    ++retry.failures;
  }
  const bool too_many = failing_.size() >= static_cast<std::size_t>(settings_.failures_to_back_off);
  if (of_this_spell && (wait_.in_trouble || too_many)) {
    failed(now);
  }
}

void Pace::flushed(bool forced) {
  wait_.not_before = Instant{};
  if (forced) {
    wait_.retry_after_until = Instant{};
  }
}

void Pace::all_due() {
  for (auto& [key, retry] : retries_) {
    retry.not_before = Instant{};
  }
}

void Pace::network_changed() {
  free_probe_ = true;
}

void Pace::secret_changed() {
  wait_.not_before = Instant{};
}

void Pace::destination_changed() {
  ++spell_;
  unsure_ = true;
}

void Pace::forget() {
  wait_ = Wait{};
  durable_ = Wait{};
  to_be_kept_.clear();
  failing_.clear();
  ever_accepted_ = false;
  accepted_durably_ = false;
  free_probe_ = false;
  destination_changed();
}

void Pace::posted(std::uint64_t pieces) {
  to_be_kept_.push_back({pieces, wait_, ever_accepted_});
}

void Pace::committed(std::uint64_t pieces) {
  while (!to_be_kept_.empty() && to_be_kept_.front().pieces <= pieces) {
    durable_ = to_be_kept_.front().wait;
    accepted_durably_ |= to_be_kept_.front().ever_accepted;
    to_be_kept_.pop_front();
  }
}

void Pace::commit_failed() {
  durable_ = Wait{};
  to_be_kept_.clear();
}

void Pace::crashed() {
  wait_ = durable_;
  to_be_kept_.clear();
  out_.clear();
  failing_.clear();
  retries_.clear();
  ever_accepted_ = accepted_durably_;
  free_probe_ = false;
  ++spell_;
}

}  // namespace reporterd::sim
