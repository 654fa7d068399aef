#pragma once
// What is remembered about a destination across restarts. It belongs to one identity: another URL
// starts fresh. All times are observed time, so no wall clock can stretch or cut a wait.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/outbox.h"
#include "daemon/core/time.h"

namespace reporterd {

enum class Problem {
  none,
  unreachable,    // cannot be reached, or keeps failing
  asked_to_wait,  // Retry-After
  auth,           // 401, 403
  config,         // wrong URL or endpoint; rejects everything
};
std::string_view name_of(Problem problem);

struct DestinationMemory {
  std::string identity;
  Problem problem = Problem::none;
  std::string why;                   // last problem, one line
  int failures = 0;                  // destination-level, in a row
  Instant next_attempt{};            // nothing is sent before
  Instant retry_after_until{};       // not even by a flush, unless forced
  bool ever_accepted = false;        // since this identity was configured
  std::vector<Seq> rejected_in_row;  // while !ever_accepted: believed, but may be taken back
  std::optional<WallTime> last_success;
  std::optional<WallTime> last_error;

  friend bool operator==(const DestinationMemory&, const DestinationMemory&) = default;
};

std::string to_json(const DestinationMemory& memory);
// Where the outbox keeps it (Outbox::put).
inline constexpr const char* memory_name = "destination";

// Fresh memory for `identity` when `json` is absent, unreadable or belongs to another one.
DestinationMemory memory_from_json(const std::optional<std::string>& json,
                                   std::string_view identity);

// The owner withdraws what there is: of that, what was rejected stays so in the kept memory, and is
// not sent again by itself. Which it is, of the kept memory and of `rejected`, the Reporter's: a
// commit that failed may have happened, and then the kept one knows it no more. Within a
// transaction.
std::vector<Seq> believe_rejections(Outbox& outbox, const WithdrawScope& scope,
                                    std::vector<Seq> rejected);

}  // namespace reporterd
