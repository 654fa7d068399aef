#pragma once
// Text from messages, file names and the network, made safe to print: whatever could steer a
// terminal or reorder what people read (control characters, bidirectional overrides, bytes that
// are not UTF-8) is shown as \u001b or \xff.

#include <string>
#include <string_view>

namespace reporterd::ctl {

std::string printable(std::string_view text);        // line ends are escaped, too
std::string printable_lines(std::string_view text);  // line ends and tabs stay

}  // namespace reporterd::ctl
