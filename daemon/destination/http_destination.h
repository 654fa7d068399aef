#pragma once
// Destination `http`: POSTs messages as they are to any URL: an Azure Function, App Service, a
// gateway, reporter-collector. docs/guarantees.md says what each kind of receiver makes of repeats.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/destination.h"
#include "daemon/core/result.h"

namespace reporterd {

struct HttpSettings {
  std::string url;
  bool data_only = false;  // the legacy wire form: the value of `data`, without the envelope
  std::size_t batch = 1;   // messages in a request; more than one go out as a JSON array
  std::string user_agent;  // "reporterd/<version>"
  std::optional<std::string> function_key;  // sent as x-functions-key
};

// Whether messages may be sent so: https, or http to this very machine (127.0.0.0/8, [::1],
// localhost); no user info, no fragment; and one message a request when `data_only`, since the
// legacy form has no ts to tell messages apart by. Errors: ErrorCode::config, without the URL
// itself, whose query may be secret.
Status validate(const HttpSettings& settings);

class HttpDestination final : public Destination {
 public:
  explicit HttpDestination(HttpSettings settings);  // validate() holds

  std::string identity() const override;
  std::size_t batch_limit() const override;
  Request request(std::span<const LeasedMessage> messages) const override;
  std::vector<Verdict> verdicts(std::span<const LeasedMessage> messages, const Reply& reply,
                                WallTime now) const override;

 private:
  HttpSettings settings_;
};

}  // namespace reporterd
