#include "daemon/core/flight_line.h"

#include <array>
#include <cstddef>
#include <utility>
#include <variant>

#include "daemon/core/flight_text.h"

namespace reporterd {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::array input_names = {
    "woke"sv,        "leased"sv,    "committed"sv, "expired"sv,  "replied"sv, "network"sv,
    "secret"sv,      "flush"sv,     "pause"sv,     "resume"sv,   "consent"sv, "notice"sv,
    "destination"sv, "rewritten"sv, "recalled"sv,  "believed"sv, "stop"sv};
static_assert(input_names.size() == std::variant_size_v<Input>);

constexpr std::array output_names = {"askLease"sv, "send"sv,    "cancel"sv,  "settle"sv,
                                     "defer"sv,    "release"sv, "requeue"sv, "expire"sv,
                                     "remember"sv, "failed"sv,  "changed"sv, "finished"sv};
static_assert(output_names.size() == std::variant_size_v<Output>);

template <std::size_t... i>
bool read_fields(LineReader& in, std::string_view kind, Input& input, std::index_sequence<i...>) {
  const auto read = [&in](auto& each) {
    fields(in, each);
    return true;
  };
  return ((input_names[i] == kind && read(input.emplace<i>())) || ...);
}

}  // namespace

void begin_step(std::string& line, Now now, const Input& input) {
  LineWriter out(line);
  out.number(to_ms(now.observed));
  line += ' ';
  out.number(to_us(now.wall));
  line += ' ';
  line += input_names[input.index()];
  std::visit([&out](const auto& each) { fields(out, each); }, input);
}

void end_step(std::string& line, std::span<const std::uint64_t> draws,
              std::span<const Output> outputs) {
  LineWriter out(line);
  out("draws", draws);
  out("sum", sum_of(outputs));
}

Result<FlightStep> read_step(std::string_view line) {
  LineReader in(line);
  FlightStep step{};
  in.word(step.now.observed);
  in.word(step.now.wall);
  const std::string_view kind = in.word();
  const bool known =
      read_fields(in, kind, step.input, std::make_index_sequence<std::variant_size_v<Input>>{});
  in("draws", step.draws);
  in("sum", step.sum);
  if (!known || !in.good()) {
    return fail(ErrorCode::invalid, "no step of a flight record that this version knows");
  }
  return step;
}

bool can_follow(const Reporter& reporter, const FlightStep& step) {
  return std::visit([&](const auto& in) { return ReporterFields::expects(reporter, in); },
                    step.input);
}

void write_state(std::string& line, const Reporter& reporter) {
  line += "state";
  LineWriter out(line);
  ReporterFields::list(out, reporter);
}

Status read_state(std::string_view line, Reporter& reporter) {
  LineReader in(line);
  const bool is_state = in.word() == "state";
  ReporterFields::list(in, reporter);
  if (!is_state || !in.good()) {
    return fail(ErrorCode::invalid, "no state of a flight record that this version knows");
  }
  if (!ReporterFields::is_possible(reporter)) {
    return fail(ErrorCode::invalid, "a state that cannot be");
  }
  return {};
}

std::uint32_t sum_of(std::span<const Output> outputs) {
  Summer summer;
  for (const Output& output : outputs) {
    summer.add(output.index());
    std::visit([&summer](const auto& each) { fields(summer, each); }, output);
  }
  return summer.sum();
}

std::string text_of(const Output& output) {
  std::string text(output_names[output.index()]);
  LineWriter out(text);
  std::visit([&out](const auto& each) { fields(out, each); }, output);
  return text;
}

}  // namespace reporterd
