#pragma once
// How reporterctl ends, and failures that carry it. The numbers are an interface for scripts; they
// never change.

#include <expected>
#include <string>
#include <utility>

#include "daemon/core/result.h"

namespace reporterd::ctl {

enum class Exit : int {
  ok = 0,
  failure = 1,
  usage = 2,
  not_running = 3,
  permission = 4,
  consent_off = 5,
  unreachable = 6,
  incomplete = 7,
  integrity = 8,
  try_later = 75,
};

// What each number means, one line each: the end of --help.
extern const char* const exit_codes_help;

Exit exit_for(ErrorCode code);
Exit exit_for_rpc(int code);  // a JSON-RPC error code

// The one that says more about what the caller must do next.
Exit worse(Exit a, Exit b);

struct Failure {
  Exit exit = Exit::failure;
  std::string text;  // one line for people
};

template <class T>
using Outcome = std::expected<T, Failure>;

inline std::unexpected<Failure> give_up(Exit exit, std::string text) {
  return std::unexpected(Failure{exit, std::move(text)});
}

}  // namespace reporterd::ctl
