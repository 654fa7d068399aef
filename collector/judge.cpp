#include "collector/judge.h"

#include <algorithm>
#include <string>

#include "daemon/core/timestamp.h"

namespace reporterd {

Judge::Judge() = default;

Result<CheckedMessage> Judge::envelope(std::string_view json) {
  // The check puts `now` where ts is missing and refuses what lies too far ahead of it. Both are
  // for a sender to do: here ts is required, and a collector's clock may be behind a sender's.
  const WallTime never = *parse_ts("9999-12-31T23:59:59.999999Z") - std::chrono::days(3);
  const auto checked = [&] {
    const std::lock_guard lock(mutex_);
    return check_.check(json, {}, never);
  }();
  const bool ts_filled_in = checked && checked->key.ts == never;
  if (checked && !ts_filled_in) {
    return checked;
  }
  if (!checked && checked.error().code == ErrorCode::too_large) {
    return checked;
  }
  auto key = schema_.judge(json);
  if (!key) {
    return checked ? std::unexpected(key.error()) : checked;  // the check explains better
  }
  return CheckedMessage{*key, std::string(json)};
}

Result<CheckedMessage> Judge::bare_data(std::string_view json, WallTime arrival) {
  const std::lock_guard lock(mutex_);
  last_arrival_ = std::max(arrival, last_arrival_ + Micros(1));
  return check_.check(R"({"data":)" + std::string(json) + "}", {}, last_arrival_);
}

}  // namespace reporterd
