#include "daemon/control/rpc.h"

#include <array>
#include <utility>

namespace reporterd::rpc {
namespace {

constexpr std::array<std::pair<ErrorCode, int>, 14> own_codes = {{
    {ErrorCode::invalid, -32001},
    {ErrorCode::too_large, -32002},
    {ErrorCode::conflict, -32003},
    {ErrorCode::too_old, -32004},
    {ErrorCode::storage_full, -32005},
    {ErrorCode::consent_off, -32006},
    {ErrorCode::not_found, -32007},
    {ErrorCode::not_possible, -32008},
    {ErrorCode::locked, -32009},
    {ErrorCode::newer_version, -32010},
    {ErrorCode::corrupt, -32011},
    {ErrorCode::io, -32012},
    {ErrorCode::config, -32013},
    {ErrorCode::unavailable, -32014},
}};

}  // namespace

int code_of(ErrorCode code) {
  for (const auto& [error, number] : own_codes) {
    if (error == code) {
      return number;
    }
  }
  return internal_error;
}

std::optional<ErrorCode> error_code_of(int code) {
  for (const auto& [error, number] : own_codes) {
    if (number == code) {
      return error;
    }
  }
  return std::nullopt;
}

}  // namespace reporterd::rpc
