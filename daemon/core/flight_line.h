#pragma once
// A step of the Reporter as one line of text that a person can read and a replay can parse:
//
//   25013 1792000000025013 replied id=4 messages=17:1302:0 verdicts=retry:- draws=8121 sum=29110
//
// Observed ms, wall us, what it was told, the entropy it drew, and a checksum of what it decided.
// Fields that are zero or absent are left out. A message is its seq, size and attempts: no body,
// key, address or reason is ever written, and a destination's identity becomes a short hash.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/reporter.h"
#include "daemon/core/result.h"

namespace reporterd {

struct FlightStep {
  Now now;
  Input input;  // bodies are as long as they were, and empty of meaning
  std::vector<std::uint64_t> draws;
  std::uint32_t sum = 0;
};

// A line is begun before a step and ended after it. No line end is written.
void begin_step(std::string& line, Now now, const Input& input);
void end_step(std::string& line, std::span<const std::uint64_t> draws,
              std::span<const Output> outputs);
Result<FlightStep> read_step(std::string_view line);
// Whether a Reporter that is like this can be told that; step() asserts it.
bool can_follow(const Reporter& reporter, const FlightStep& step);

// Everything that the Reporter's next decisions depend on: "state ...". What no Reporter can be
// like is not read.
void write_state(std::string& line, const Reporter& reporter);
Status read_state(std::string_view line, Reporter& reporter);

// Of the kinds, seqs, ids and times; not of texts.
std::uint32_t sum_of(std::span<const Output> outputs);
// "settle seq=17 how=delivered"
std::string text_of(const Output& output);

}  // namespace reporterd
