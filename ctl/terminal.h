#pragma once
// What the terminal and the standard streams can do. One implementation for each operating system.

namespace reporterd::ctl {

// Bytes pass through the standard streams as they are.
void prepare_streams();

// Whether what goes to standard output is read on a terminal that knows colours; makes it know them
// where it can.
bool stdout_takes_colour();

}  // namespace reporterd::ctl
