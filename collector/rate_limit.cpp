#include "collector/rate_limit.h"

namespace reporterd {
namespace {

constexpr std::chrono::seconds window(60);
constexpr std::size_t most_sources = 100'000;  // in one minute; bounds the memory

}  // namespace

RateLimit::RateLimit(std::size_t messages_per_minute) : limit_(messages_per_minute) {}

std::optional<std::chrono::seconds> RateLimit::take(const std::string& source, std::size_t messages,
                                                    Time now) {
  if (limit_ == 0) {
    return std::nullopt;
  }
  const std::lock_guard lock(mutex_);
  if (now >= minute_ + window || taken_.empty()) {
    minute_ = now;
    taken_.clear();
  }
  const auto wait = std::chrono::ceil<std::chrono::seconds>(minute_ + window - now);
  if (taken_.size() >= most_sources && !taken_.contains(source)) {
    return wait;
  }
  std::size_t& taken = taken_[source];
  if (taken > 0 && taken + messages > limit_) {
    return wait;
  }
  taken += messages;
  return std::nullopt;
}

}  // namespace reporterd
