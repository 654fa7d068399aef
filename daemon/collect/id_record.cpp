#include "daemon/collect/id_record.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

namespace reporterd {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t max_earlier = 64;

std::string machine_hash(std::string_view machine_id) {
  return machine_id.empty() ? "" : sha256_hex(machine_id);
}

SeenId seen_first(const InstanceId& computed, WallTime now) {
  return {.id = computed.id,
          .branch = computed.branch,
          .first_seen = now,
          .last_seen = now,
          .was_current = false};
}

// Joins `seen` with what is known of the same id.
void remember(std::vector<SeenId>& earlier, const SeenId& seen) {
  const auto known = std::ranges::find(earlier, seen.id, &SeenId::id);
  if (known != earlier.end()) {
    known->first_seen = std::min(known->first_seen, seen.first_seen);
    known->last_seen = std::max(known->last_seen, seen.last_seen);
    known->was_current = known->was_current || seen.was_current;
    return;
  }
  earlier.push_back(seen);
  if (earlier.size() > max_earlier) {
    earlier.erase(std::ranges::min_element(earlier, std::less<>(), [](const SeenId& id) {
      return std::tuple(id.was_current, id.last_seen);
    }));
  }
}

Json json_of(const SeenId& seen) {
  return {{"id", seen.id},
          {"branch", seen.branch},
          {"firstSeenUs", to_us(seen.first_seen)},
          {"lastSeenUs", to_us(seen.last_seen)},
          {"wasCurrent", seen.was_current}};
}

SeenId seen_id_of(const Json& json) {
  return {.id = json.at("id").get<std::string>(),
          .branch = json.at("branch").get<std::string>(),
          .first_seen = wall_at(json.at("firstSeenUs").get<std::int64_t>()),
          .last_seen = wall_at(json.at("lastSeenUs").get<std::int64_t>()),
          .was_current = json.at("wasCurrent").get<bool>()};
}

}  // namespace

IdRecord update(std::optional<IdRecord> stored, const InstanceId& computed,
                std::string_view machine_id, WallTime now) {
  const std::string machine = machine_hash(machine_id);
  SeenId fresh = seen_first(computed, now);
  if (!stored) {
    fresh.was_current = true;
    return {.current = fresh, .computed_now = computed.id, .machine = machine, .earlier = {}};
  }
  IdRecord record = *std::move(stored);
  record.computed_now = computed.id;
  const bool is_clone = !machine.empty() && !record.machine.empty() && machine != record.machine;
  if (is_clone && computed.id != record.current.id) {
    remember(record.earlier, record.current);
    std::erase_if(record.earlier, [&](const SeenId& seen) { return seen.id == computed.id; });
    fresh.was_current = true;
    record.current = fresh;
  } else if (computed.id == record.current.id) {
    record.current.last_seen = std::max(record.current.last_seen, now);
  } else {
    remember(record.earlier, fresh);
  }
  if (!machine.empty()) {
    record.machine = machine;
  }
  return record;
}

std::string to_json(const IdRecord& record) {
  Json earlier = Json::array();
  for (const SeenId& seen : record.earlier) {
    earlier.push_back(json_of(seen));
  }
  const Json json = {{"current", json_of(record.current)},
                     {"computedNow", record.computed_now},
                     {"machine", record.machine},
                     {"earlier", std::move(earlier)}};
  return json.dump();
}

Result<IdRecord> parse_id_record(std::string_view json) {
  try {
    const Json parsed = Json::parse(json);
    IdRecord record{.current = seen_id_of(parsed.at("current")),
                    .computed_now = parsed.at("computedNow").get<std::string>(),
                    .machine = parsed.at("machine").get<std::string>(),
                    .earlier = {}};
    for (const Json& seen : parsed.at("earlier")) {
      record.earlier.push_back(seen_id_of(seen));
    }
    return record;
  } catch (const Json::exception&) {
    return fail(ErrorCode::corrupt, "the stored instance id cannot be read");
  }
}

IdRecords id_records(const std::map<std::string, std::string>& values) {
  const std::string prefix = id_record_name("");
  IdRecords records;
  for (const auto& [name, json] : values) {
    if (!name.starts_with(prefix)) {
      continue;
    }
    if (auto record = parse_id_record(json)) {
      records.emplace(name.substr(prefix.size()), std::move(*record));
    }
  }
  return records;
}

}  // namespace reporterd
