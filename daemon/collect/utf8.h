#pragma once
// UTF-8 as Node reads files: what is ill-formed becomes U+FFFD instead of an error.

#include <string>
#include <string_view>

namespace reporterd {

// `text` with each maximal ill-formed part replaced by U+FFFD (the WHATWG decoder's rule).
std::string well_formed_utf8(std::string_view text);

// Text of unknown origin made fit for one line of a log: control characters become '?', and what
// is longer than `max_bytes` is cut at a character and ends in "...". `text` must be UTF-8.
std::string one_line(std::string_view text, std::size_t max_bytes = 128);

}  // namespace reporterd
