#pragma once
// Retry-After, in both of its forms (RFC 9110, 10.2.3).

#include <optional>
#include <string_view>

#include "daemon/core/time.h"

namespace reporterd {

// How long `text`, a Retry-After header, asks to wait: seconds, or a date in any of HTTP's three
// formats. A date is taken relative to `server_date` (the reply's Date header) where that can be
// read, so that a wrong clock on either side does no harm; else relative to `now`. A date that has
// passed is 0; more than a hundred years of seconds are a hundred years. Not clamped otherwise.
// nullopt: negative or neither form; to be treated like no header at all.
std::optional<Millis> parse_retry_after(std::string_view text,
                                        std::optional<std::string_view> server_date, WallTime now);

// An HTTP-date: "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT" or
// "Sun Nov  6 08:49:37 1994". A two-digit year that would lie more than 50 years after `now` is of
// the century before. The name of the weekday is not compared with the date.
std::optional<WallTime> parse_http_date(std::string_view text, WallTime now);

}  // namespace reporterd
