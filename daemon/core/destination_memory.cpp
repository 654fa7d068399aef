#include "daemon/core/destination_memory.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

namespace reporterd {
namespace {

using nlohmann::json;

constexpr auto problem_names = std::to_array<std::pair<Problem, std::string_view>>({
    {Problem::none, "none"},
    {Problem::unreachable, "unreachable"},
    {Problem::asked_to_wait, "asked to wait"},
    {Problem::auth, "auth problem"},
    {Problem::config, "config problem"},
});

Problem problem_named(std::string_view name) {
  for (const auto& [value, text] : problem_names) {
    if (text == name) {
      return value;
    }
  }
  return Problem::none;
}

std::optional<WallTime> wall_in(const json& object, const char* name) {
  const auto it = object.find(name);
  if (it == object.end() || !it->is_number_integer()) {
    return std::nullopt;
  }
  return wall_at(it->get<std::int64_t>());
}

// Absent when `text` is absent or unreadable.
std::optional<DestinationMemory> read_memory(const std::optional<std::string>& text) {
  const json object = text ? json::parse(*text, nullptr, false) : json();
  if (!object.is_object()) {
    return std::nullopt;
  }
  try {
    DestinationMemory memory;
    memory.identity = object.at("identity").get<std::string>();
    memory.problem = problem_named(object.at("problem").get<std::string>());
    memory.why = object.at("why").get<std::string>();
    memory.failures = object.at("failures").get<int>();
    memory.next_attempt = instant_at(object.at("nextAttempt").get<std::int64_t>());
    memory.retry_after_until = instant_at(object.at("retryAfterUntil").get<std::int64_t>());
    memory.ever_accepted = object.at("everAccepted").get<bool>();
    memory.rejected_in_row = object.at("rejectedInRow").get<std::vector<Seq>>();
    memory.last_success = wall_in(object, "lastSuccess");
    memory.last_error = wall_in(object, "lastError");
    return memory;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

}  // namespace

std::string_view name_of(Problem problem) {
  for (const auto& [value, text] : problem_names) {
    if (value == problem) {
      return text;
    }
  }
  return "?";
}

std::string to_json(const DestinationMemory& memory) {
  json object = {{"identity", memory.identity},
                 {"problem", name_of(memory.problem)},
                 {"why", memory.why},
                 {"failures", memory.failures},
                 {"nextAttempt", to_ms(memory.next_attempt)},
                 {"retryAfterUntil", to_ms(memory.retry_after_until)},
                 {"everAccepted", memory.ever_accepted},
                 {"rejectedInRow", memory.rejected_in_row}};
  if (memory.last_success) {
    object["lastSuccess"] = to_us(*memory.last_success);
  }
  if (memory.last_error) {
    object["lastError"] = to_us(*memory.last_error);
  }
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

DestinationMemory memory_from_json(const std::optional<std::string>& text,
                                   std::string_view identity) {
  auto memory = read_memory(text);
  if (memory && memory->identity == identity) {
    return *std::move(memory);
  }
  DestinationMemory fresh;
  fresh.identity = identity;
  return fresh;
}

std::vector<Seq> believe_rejections(Outbox& outbox, const WithdrawScope& scope,
                                    std::vector<Seq> rejected) {
  const auto knows = [&](Seq seq) { return std::ranges::find(rejected, seq) != rejected.end(); };
  auto memory = read_memory(outbox.get(memory_name));
  if (memory) {
    std::ranges::remove_copy_if(memory->rejected_in_row, std::back_inserter(rejected), knows);
  }
  std::erase_if(rejected, [&](Seq seq) {
    const std::optional<Row> row = scope.all ? std::nullopt : outbox.find(seq);
    return !scope.all && (!row || row->source != scope.source);
  });
  if (memory && std::erase_if(memory->rejected_in_row, knows) > 0) {
    outbox.put(memory_name, to_json(*memory));
  }
  return rejected;
}

}  // namespace reporterd
