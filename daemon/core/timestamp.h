#pragma once
// `ts` of a message: RFC 3339 in, canonical form out.

#include <string>
#include <string_view>

#include "daemon/core/result.h"
#include "daemon/core/time.h"

namespace reporterd {

// Reads an RFC 3339 date-time (upper- or lower-case T and Z, any offset, 0 to 6 fraction digits).
// More than six fraction digits, a leap second, a day that does not exist, or anything after the
// offset is ErrorCode::invalid. The range rule (2015 .. now + 48 h) is check_message's.
Result<WallTime> parse_ts(std::string_view text);

// Canonical form: UTC, `Z`, three fraction digits, or six where the time is finer than a
// millisecond. parse_ts(canonical_ts(t)) == t for every year from 0001 to 9999.
std::string canonical_ts(WallTime time);

}  // namespace reporterd
