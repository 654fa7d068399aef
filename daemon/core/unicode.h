#pragma once
// Text of files in the one form that all of the project reads.

#include <string>
#include <string_view>

namespace reporterd {

// In UTF-8, without the mark that an editor may have put in front: UTF-8's or, of either order of
// bytes, UTF-16's. Without a mark the bytes stay as they are. Half a character of UTF-16 becomes a
// byte that is never part of UTF-8, so that whoever checks the text finds it.
std::string utf8_of_file(std::string_view bytes);

}  // namespace reporterd
