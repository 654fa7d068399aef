#pragma once
// How log lines look that go to stderr. Internal to io/.

#include <spdlog/formatter.h>

#include <memory>

namespace reporterd {

// For a person at a terminal.
inline constexpr const char* time_of_day = "%H:%M:%S %l: %v";

// For a program.
std::unique_ptr<spdlog::formatter> lines_for_whoever_reads_stderr();

}  // namespace reporterd
