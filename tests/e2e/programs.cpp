#include "tests/e2e/programs.h"

#include <array>
#include <cstdlib>
#include <string_view>

#include "tests/support/environment.h"

namespace reporterd {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds at_once{0};
constexpr milliseconds look_again{10};  // for conditions that nothing tells

bool changes_behaviour(std::string_view variable) {
  constexpr std::array<std::string_view, 9> names = {
      "DO_NOT_TRACK=", "http_proxy=", "https_proxy=", "HTTP_PROXY=", "HTTPS_PROXY=",
      "all_proxy=",    "ALL_PROXY=",  "no_proxy=",    "NO_PROXY="};
  return std::ranges::any_of(names,
                             [&](std::string_view name) { return variable.starts_with(name); });
}

Arguments with_ours(const Arguments& environment) {
  Arguments all = environment;
  for (const std::string& variable : environment_now()) {
    const std::string name = variable.substr(0, variable.find('=') + 1);
    const bool is_given = std::ranges::any_of(
        environment, [&](const std::string& each) { return each.starts_with(name); });
    if (!is_given && !changes_behaviour(variable)) {
      all.push_back(variable);
    }
  }
  return all;
}

}  // namespace

Program::Program(const Arguments& command, const Arguments& environment)
    : process_(command, with_ours(environment)) {}

Program::~Program() {
  process_.kill9();
  wait();
}

std::optional<int> Program::wait(milliseconds limit) {
  wait_until([&] { return process_.exit_code().has_value(); }, limit);
  process_.read(output_, at_once);
  return process_.exit_code();
}

const std::string& Program::output() {
  process_.read(output_, at_once);
  return output_;
}

bool Program::wait_until(const std::function<bool()>& condition, milliseconds limit) {
  const Deadline deadline(limit);
  while (!condition()) {
    const milliseconds left = deadline.left();
    if (left == at_once) {
      return false;
    }
    process_.read(output_, std::min(left, look_again));
  }
  return true;
}

int number_of(const char* variable, int otherwise) {
  const char* text = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): never set here
  return text == nullptr ? otherwise : std::atoi(text);
}

Ended run(const Arguments& command, const Arguments& environment) {
  Program program(command, environment);
  const auto exit = program.wait(std::chrono::minutes(2));
  return {exit.value_or(-1), program.output()};
}

}  // namespace reporterd
