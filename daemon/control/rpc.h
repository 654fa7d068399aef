#pragma once
// Numbers of JSON-RPC 2.0 errors, for both ends of the socket. docs/protocol.md lists them; a test
// holds the two together.

#include <optional>

#include "daemon/core/result.h"

namespace reporterd::rpc {

inline constexpr int parse_error = -32700;
inline constexpr int invalid_request = -32600;
inline constexpr int method_not_found = -32601;
inline constexpr int invalid_params = -32602;
inline constexpr int internal_error = -32603;
inline constexpr int permission = -32020;  // a method of the control socket on the submit socket

// Our own: one for each ErrorCode. Part of the protocol: they never change.
int code_of(ErrorCode code);
std::optional<ErrorCode> error_code_of(int code);

}  // namespace reporterd::rpc
