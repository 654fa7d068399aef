#pragma once
// How the service is, in one word.

#include <string_view>

namespace reporterd {

// The one word that `status` shows, most important first.
enum class Condition {
  stopping,
  off,             // consent
  no_destination,  // no URL configured
  paused,          // by the owner
  notice,          // the notice period after installation
  auth_problem,
  config_problem,
  asked_to_wait,  // Retry-After
  unreachable,    // waiting for the next attempt
  sending,
  waiting,  // messages wait for their own retry
  idle,
};
std::string_view name_of(Condition condition);

}  // namespace reporterd
