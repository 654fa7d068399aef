#include "ctl/exit_codes.h"

#include <algorithm>
#include <array>

#include "daemon/control/rpc.h"

namespace reporterd::ctl {

const char* const exit_codes_help =
    "Exit codes:\n"
    "  0   ok\n"
    "  1   failure\n"
    "  2   usage\n"
    "  3   the service is not running\n"
    "  4   permission\n"
    "  5   consent is off\n"
    "  6   the destination cannot be reached; everything is kept\n"
    "  7   flush was not complete at its timeout\n"
    "  8   integrity problem: the outbox was damaged, or its ledger does not balance\n"
    "  75  try later\n";

Exit exit_for(ErrorCode code) {
  switch (code) {
    case ErrorCode::consent_off:
      return Exit::consent_off;
    case ErrorCode::storage_full:
    case ErrorCode::unavailable:
      return Exit::try_later;
    case ErrorCode::corrupt:
      return Exit::integrity;
    case ErrorCode::invalid:
    case ErrorCode::too_large:
    case ErrorCode::conflict:
    case ErrorCode::too_old:
    case ErrorCode::not_found:
    case ErrorCode::not_possible:
    case ErrorCode::locked:
    case ErrorCode::newer_version:
    case ErrorCode::io:
    case ErrorCode::config:
      return Exit::failure;
  }
  return Exit::failure;
}

Exit exit_for_rpc(int code) {
  if (code == rpc::permission) {
    return Exit::permission;
  }
  const auto error = rpc::error_code_of(code);
  return error ? exit_for(*error) : Exit::failure;
}

Exit worse(Exit a, Exit b) {
  constexpr std::array mildest_first = {
      Exit::ok,          Exit::try_later, Exit::incomplete, Exit::unreachable, Exit::consent_off,
      Exit::not_running, Exit::failure,   Exit::usage,      Exit::permission,  Exit::integrity};
  return std::max(a, b, [&](Exit x, Exit y) {
    return std::find(mildest_first.begin(), mildest_first.end(), x) <
           std::find(mildest_first.begin(), mildest_first.end(), y);
  });
}

}  // namespace reporterd::ctl
