#pragma once
// What a person does next, in the words of this operating system.

#include <string_view>

namespace reporterd::ctl {

// Where nobody listens at the installed service's socket: the command that starts it.
std::string_view how_to_start();
// Where that socket is not ours to open: who may.
std::string_view who_may_ask();
// The command that shows what the service logged.
std::string_view how_to_see_the_log();

}  // namespace reporterd::ctl
