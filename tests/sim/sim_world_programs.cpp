// What local programs hand in, good and bad.
#include <fmt/core.h>

#include "daemon/core/timestamp.h"
#include "tests/sim/sim_world.h"

namespace reporterd::sim {
namespace {

std::string instance_id(std::size_t number) {
  return std::string(63, 'a') + static_cast<char>('0' + number % 10);
}

}  // namespace

NewMessage World::fresh_message(const std::string& mark, const std::string& source) {
  NewMessage message;
  message.key.instance_id = instance_id(random_.below(3));
  message.key.ts = wall_at(1'740'000'000'000'000 + 1000 * next_ts_++);
  // Only an own report may be long here: the check would refuse that much text in one field.
  const bool is_long = !source.empty() && random_.percent(8);
  const std::size_t padding = plan_.padding.value_or(is_long ? 60'000 : random_.below(60));
  message.body = body_of(message.key.instance_id, canonical_ts(message.key.ts), mark, padding);
  message.source = source;
  // Reports that say the same have the same length.
  message.content = source.empty() ? "" : fmt::format("{} {}", mark, padding);
  return message;
}

void World::submit(const std::string& mark, const std::string& source) {
  hand_in(fresh_message(mark, source));
}

// The check must refuse it; then the daemon is not asked to store anything.
void World::submit_nonsense() {
  const NewMessage message = fresh_message("14.0.0", "");
  std::string json = message.body;
  switch (random_.below(6)) {
    case 0:
      json.resize(1 + random_.below(json.size() - 1));
      break;
    case 1:
      json.insert(1, R"("password":"x",)");
      break;
    case 2:
      json.insert(1, R"("ts":"2025-01-01T00:00:00Z",)");  // a second time
      break;
    case 3:
      json.replace(json.find("14.0.0"), 6, "\xff");
      break;
    case 4:
      json.replace(json.find(message.key.instance_id), 1, "A");
      break;
    default:
      json.replace(json.find("14.0.0"), 6, 70'000, '1');
      break;
  }
  note("submit nonsense");
  if (check_.check(json, MessageDefaults{}, clock_.now().wall)) {
    oracle_.fail("the check takes a bad message: " + json.substr(0, 200));
  }
}

// What a program hands in goes through the daemon's own check, and comes out as it was. Only a
// wall clock that is wrong by months makes it refuse a good one.
bool World::passes_check(const NewMessage& message) {
  const WallTime wall = clock_.now().wall;
  const auto checked = check_.check(message.body, MessageDefaults{}, wall);
  if (!checked && message.key.ts < wall) {
    oracle_.fail("the check refuses a good message: " + checked.error().what);
  }
  if (checked && (checked->body != message.body || checked->key != message.key)) {
    oracle_.fail("the check changes a message: " + key_text(message.key));
  }
  return checked.has_value();
}

void World::repeat(bool with_other_bytes) {
  if (handed_in_.empty()) {
    return;
  }
  NewMessage message = handed_in_[random_.below(handed_in_.size())];
  if (with_other_bytes) {
    message.body.insert(message.body.size() - 4, "y");  // into its last text
  }
  hand_in(message);
}

void World::hand_in(const NewMessage& message) {
  for (std::size_t i = 0; i < source_count; ++i) {
    if (message.source == source_name(i) && switches_[i] != SourceSwitch::on) {
      return;  // nothing is collected then
    }
  }
  if (message.source.empty() && !passes_check(message)) {
    return;
  }
  handed_in_.push_back(message);
  const Moment at = oracle_.offered(message);
  note("submit " + key_text(message.key).substr(63));
  offers_[process_->writer->posted()] = at;  // unless it is refused at once, and posts nothing
  process_->engine->append(message, [this, message, at, on = consent_](Result<Appended> answer) {
    if (answer) {
      note(
          fmt::format("answer {} {}", key_text(message.key).substr(63), static_cast<int>(*answer)));
      oracle_.answered(message, at, *answer);
    } else if (answer.error().code == ErrorCode::consent_off && on) {
      oracle_.fail("refused as if telemetry were off");
    } else if (answer.error().code != ErrorCode::consent_off && !plan_.disk_faults) {
      oracle_.fail("refused on a sound disk: " + answer.error().what);
    }
    if (!on && (answer || answer.error().code != ErrorCode::consent_off)) {
      oracle_.fail("accepted while telemetry is off");
    }
  });
}

}  // namespace reporterd::sim
