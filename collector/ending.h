#pragma once
// What asks this program to end: SIGTERM and SIGINT; on Windows Ctrl+C, Ctrl+Break, and that its
// console is closed. One implementation for each operating system.

namespace reporterd {

// From now on it is waited for. Called before any thread is made: all must know of it.
void heed_ending();
void wait_for_ending();

}  // namespace reporterd
