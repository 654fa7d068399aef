#pragma once
// At most so many messages a minute from one source.

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace reporterd {

class RateLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit RateLimit(std::size_t messages_per_minute);  // 0: no limit

  // Counts `messages` of `source`, or tells how long it must wait before it may send again; a
  // request larger than the limit itself is taken when nothing else was sent in the minute.
  // Safe to call from many threads.
  std::optional<std::chrono::seconds> take(const std::string& source, std::size_t messages,
                                           Time now);

 private:
  std::size_t limit_;
  std::mutex mutex_;  // guards what follows
  Time minute_{};     // when the current one began
  std::unordered_map<std::string, std::size_t> taken_;
};

}  // namespace reporterd
