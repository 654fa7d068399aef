#include <array>
#include <utility>

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

}  // namespace reporterd
