#include <array>
#include <utility>

#include "daemon/core/condition.h"
#include "daemon/core/consent.h"
#include "daemon/core/outbox.h"

namespace reporterd {
namespace {

constexpr std::array<std::pair<State, std::string_view>, 9> state_names = {{
    {State::queued, "queued"},
    {State::held, "held"},
    {State::delivered, "delivered"},
    {State::rejected, "rejected"},
    {State::expired, "expired"},
    {State::superseded, "superseded"},
    {State::withdrawn, "withdrawn"},
    {State::deleted, "deleted"},
    {State::lost, "lost"},
}};

}  // namespace

std::string_view name_of(State state) {
  for (const auto& [value, name] : state_names) {
    if (value == state) {
      return name;
    }
  }
  return "?";
}

std::optional<State> state_named(std::string_view name) {
  for (const auto& [value, text] : state_names) {
    if (text == name) {
      return value;
    }
  }
  return std::nullopt;
}

std::string_view name_of(Condition condition) {
  switch (condition) {
    case Condition::stopping:
      return "stopping";
    case Condition::off:
      return "off";
    case Condition::no_destination:
      return "no destination";
    case Condition::paused:
      return "paused";
    case Condition::notice:
      return "notice";
    case Condition::auth_problem:
      return "auth problem";
    case Condition::config_problem:
      return "config problem";
    case Condition::asked_to_wait:
      return "asked to wait";
    case Condition::unreachable:
      return "unreachable";
    case Condition::sending:
      return "sending";
    case Condition::waiting:
      return "waiting";
    case Condition::idle:
      return "idle";
  }
  return "?";
}

std::string_view name_of(Decision decision) {
  switch (decision) {
    case Decision::on:
      return "on";
    case Decision::off:
      return "off";
    case Decision::unknown:
      return "unknown";
  }
  return "?";
}

}  // namespace reporterd
