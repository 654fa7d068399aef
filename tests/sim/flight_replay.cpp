#include "tests/sim/flight_replay.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/flight_line.h"

namespace reporterd::sim {
namespace {

class RecordedEntropy final : public Entropy {
 public:
  void expect(std::vector<std::uint64_t> draws) {
    draws_ = std::move(draws);
    drawn_ = 0;
  }
  bool all_drawn() const { return drawn_ == draws_.size(); }
  std::uint64_t next() override {
    const std::size_t place = drawn_++;
    return place < draws_.size() ? draws_[place] : 0;
  }

 private:
  std::vector<std::uint64_t> draws_;
  std::size_t drawn_ = 0;
};

class Replay {
 public:
  explicit Replay(const std::function<void(std::string_view)>& tell) : tell_(tell) {}

  // What is wrong with it; "": nothing.
  std::string take(std::string_view line) {
    if (!std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; })) {
      return "it has characters that no flight record has";
    }
    tell_(line);
    if (line.starts_with("begin ") || line == "off") {
      reporter_.reset();
      return "";
    }
    return line.starts_with("state") ? take_state(line) : take_step(line);
  }
  std::size_t steps() const { return steps_; }
  std::size_t states() const { return states_; }

 private:
  std::string take_state(std::string_view line) {
    if (reporter_) {
      ++states_;
      std::string here;
      write_state(here, *reporter_);
      return here == line ? "" : "the state is another one: " + here;
    }
    const Status read = read_state(line, reporter_.emplace(entropy_));
    observed_.reset();
    return read ? "" : read.error().what;
  }

  std::string take_step(std::string_view line) {
    auto step = read_step(line);
    if (!step) {
      return step.error().what;
    }
    if (!reporter_) {
      return "a step without a state before it";
    }
    if (observed_ && step->now.observed < *observed_) {
      return "a step back in time";
    }
    if (!can_follow(*reporter_, *step)) {
      return "a step that cannot follow what stands before it";
    }
    observed_ = step->now.observed;
    ++steps_;
    entropy_.expect(std::move(step->draws));
    const std::vector<Output> outputs = reporter_->step(step->now, std::move(step->input));
    std::string all;
    for (const Output& output : outputs) {
      tell_("    -> " + text_of(output));
      all += all.empty() ? text_of(output) : "; " + text_of(output);
    }
    if (sum_of(outputs) != step->sum) {
      return "it decides otherwise: " + (all.empty() ? "nothing" : all);
    }
    return entropy_.all_drawn() ? "" : "it draws another number of times";
  }

  const std::function<void(std::string_view)>& tell_;
  RecordedEntropy entropy_;
  std::optional<Reporter> reporter_;
  std::optional<Instant> observed_;
  std::size_t steps_ = 0;
  std::size_t states_ = 0;
};

}  // namespace

Replayed replay(std::string_view text, const std::function<void(std::string_view)>& tell) {
  constexpr std::string_view section = "\n== flight record\n";
  constexpr std::string_view file_head = "reporterd flight ";
  std::size_t number = 1;
  if (const std::size_t at = text.find(section); at != std::string_view::npos) {
    const std::string_view before = text.substr(0, at + section.size());
    number += static_cast<std::size_t>(std::ranges::count(before, '\n'));
    text.remove_prefix(before.size());
  }
  text = text.substr(0, text.find('\0'));
  Replay replay(tell);
  Replayed result;
  for (; !text.empty() && !result.difference; ++number) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      break;  // not written to its end
    }
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.empty() || line.starts_with('#') || line.starts_with(file_head)) {
      continue;
    }
    if (const std::string wrong = replay.take(line); !wrong.empty()) {
      result.difference = "line " + std::to_string(number) + ": " + wrong;
    }
  }
  result.steps = replay.steps();
  result.states = replay.states();
  return result;
}

}  // namespace reporterd::sim
