#include "daemon/control/params.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace reporterd {
namespace {

using nlohmann::json;

// Parameters are flat: an object of values and lists of values.
constexpr int deepest = 2;

}  // namespace

Result<Params> Params::parse(std::string_view raw) {
  Params params;
  if (raw.empty()) {
    params.object_ = json::object();
    return params;
  }
  bool too_deep = false;
  bool repeated = false;
  std::set<std::string> names;
  const auto watch = [&](int depth, json::parse_event_t event, json& value) {
    if (event == json::parse_event_t::key) {
      repeated = repeated || (depth == 1 && !names.insert(value.get<std::string>()).second);
    }
    const bool opens =
        event == json::parse_event_t::object_start || event == json::parse_event_t::array_start;
    too_deep = too_deep || (opens && depth >= deepest);
    return !too_deep;
  };
  params.object_ = json::parse(raw, watch, /*allow_exceptions=*/false);
  if (too_deep) {
    params.object_ = json::object();
    params.mistake("params nest too deep");
    return params;
  }
  if (!params.object_.is_object()) {
    return fail(ErrorCode::invalid, "params are not JSON");
  }
  if (repeated) {
    params.mistake("a parameter is there twice");
  }
  return params;
}

bool Params::flag(const char* name) {
  const json* value = take(name);
  if (value == nullptr) {
    return false;
  }
  if (!value->is_boolean()) {
    mistake(fmt::format("{} must be true or false", name));
    return false;
  }
  return value->get<bool>();
}

std::optional<std::int64_t> Params::integer(const char* name, std::int64_t least,
                                            std::int64_t most) {
  const json* value = take(name);
  if (value == nullptr) {
    return std::nullopt;
  }
  const bool fits = value->is_number_unsigned()
                        ? std::cmp_less_equal(value->get<std::uint64_t>(), most)
                        : value->is_number_integer();
  if (!fits || value->get<std::int64_t>() < least || value->get<std::int64_t>() > most) {
    mistake(fmt::format("{} must be a whole number from {} to {}", name, least, most));
    return std::nullopt;
  }
  return value->get<std::int64_t>();
}

std::optional<std::string> Params::text(const char* name) {
  const json* value = take(name);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (!value->is_string()) {
    mistake(fmt::format("{} must be text", name));
    return std::nullopt;
  }
  return value->get<std::string>();
}

std::vector<std::int64_t> Params::positive_integers(const char* name) {
  std::vector<std::int64_t> numbers;
  const json* value = take(name);
  if (value == nullptr) {
    return numbers;
  }
  const auto is_positive = [](const json& item) {
    return item.is_number_integer() && item.get<std::int64_t>() > 0;
  };
  if (!value->is_array() || value->empty() ||
      !std::all_of(value->begin(), value->end(), is_positive)) {
    mistake(fmt::format("{} must be a list of whole numbers above 0", name));
    return numbers;
  }
  return value->get<std::vector<std::int64_t>>();
}

void Params::mistake(std::string what) {
  if (mistake_.empty()) {
    mistake_ = std::move(what);
  }
}

Status Params::done() {
  for (const auto& [name, value] : object_.items()) {
    if (std::find(taken_.begin(), taken_.end(), name) == taken_.end()) {
      mistake("unknown parameter; see the method's description");
    }
  }
  if (!mistake_.empty()) {
    return fail(ErrorCode::invalid, mistake_);
  }
  return {};
}

const json* Params::take(const char* name) {
  taken_.emplace_back(name);
  const auto found = object_.find(name);
  return found == object_.end() ? nullptr : &*found;
}

}  // namespace reporterd
