#pragma once
// What the terminal can do. One implementation for each operating system.

namespace reporterd::ctl {

bool stdout_is_terminal();

}  // namespace reporterd::ctl
