#include "daemon/collect/butler_config.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

#include "daemon/collect/feature_table.h"
#include "daemon/collect/js_json.h"
#include "daemon/collect/utf8.h"
#include "daemon/collect/yaml_value.h"
#include "daemon/core/assert.h"
#include "daemon/core/message_rules.h"

namespace reporterd {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t max_api_names = 256;  // Butler ships some 35; keeps a message small

// A whole number stays one in JSON, so that any printer writes it without a fraction.
Json json_number(double number) {
  constexpr double exact = 9007199254740992;  // 2^53
  if (std::trunc(number) == number && std::abs(number) <= exact) {
    return static_cast<std::int64_t>(number);
  }
  return number;
}

// A scalar as it may leave, or nothing and the reason.
struct Flag {
  std::optional<Json> value;
  const char* refusal = "";
};

Flag flag_of(const YamlValue& value) {
  if (const auto* boolean = std::get_if<bool>(&value.data)) {
    return {.value = *boolean};
  }
  if (const auto* number = std::get_if<double>(&value.data)) {
    if (!std::isfinite(*number)) {
      return {.value = std::nullopt, .refusal = "not a finite number"};
    }
    return {.value = json_number(*number)};
  }
  if (const auto* text = std::get_if<std::string>(&value.data)) {
    if (!is_switch_word(*text)) {
      return {.value = std::nullopt, .refusal = "text other than yes/no/on/off/true/false"};
    }
    return {.value = *text};
  }
  if (std::holds_alternative<std::monostate>(value.data)) {
    return {.value = Json(nullptr)};
  }
  return {.value = std::nullopt, .refusal = "a list or a map"};
}

// Text as JavaScript's + would append it; nothing for lists and maps.
std::optional<std::string> js_text(const YamlValue& value) {
  if (const auto* text = std::get_if<std::string>(&value.data)) {
    return *text;
  }
  const Flag flag = flag_of(value);
  return flag.value ? std::optional(compact_json(*flag.value)) : std::nullopt;
}

// One interpretation: fills a ButlerReading from the merged `Butler` map.
class Interpreter {
 public:
  Interpreter(std::span<const YamlLayer> layers, const ButlerConfig& config)
      : layers_(layers), config_(config) {}

  ButlerReading run() {
    if (const auto merged = load_layers(); merged) {
      butler_ = *merged;
      read_switch();
      read_host();
      read_log_directory();
      reading_.enabled_features = {{"api", api()}, {"feature", features()}};
    } else {
      reading_.why = merged.error().what;
    }
    return std::move(reading_);
  }

 private:
  Result<YamlRef> load_layers() const {
    YamlRef merged = std::make_shared<YamlValue>(YamlValue{.data = YamlMap()});
    bool found_named = false;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const std::string& file = layers_[i].file;
      const auto document = load_yaml(layers_[i].text, i);
      if (!document) {
        return fail(ErrorCode::invalid, file + ": " + document.error().what);
      }
      if (std::holds_alternative<std::monostate>((*document)->data)) {
        return fail(ErrorCode::invalid, file + ": is empty");
      }
      if ((*document)->map() == nullptr) {
        return fail(ErrorCode::invalid, file + ": is not a map of settings");
      }
      found_named = found_named || file == config_.config_file;
      merged = lay_over(merged, *document);
    }
    const YamlEntry* butler = find_entry(*merged->map(), "Butler");
    if (!found_named || butler == nullptr || butler->value->map() == nullptr) {
      return fail(ErrorCode::invalid, config_.config_file + ": has no 'Butler' map");
    }
    return butler->value;
  }

  const YamlEntry* find(std::string_view path) const { return find_entry(*butler_->map(), path); }

  std::string at(YamlPlace place) const {
    return layers_[place.layer].file + ":" + std::to_string(place.line) + ": ";
  }

  void read_switch() {
    const YamlEntry* entry = find("anonTelemetry");
    const auto* boolean = entry ? std::get_if<bool>(&entry->value->data) : nullptr;
    if (entry == nullptr || (boolean != nullptr && *boolean)) {
      reading_.state = ButlerReading::State::on;
      return;
    }
    reading_.state = ButlerReading::State::off;
    reading_.why = at(entry->place) + "Butler.anonTelemetry is " + (boolean ? "false" : "not true");
  }

  void read_host() {
    const YamlEntry* entry = find("configQRS.host");
    const auto text = entry ? js_text(*entry->value) : std::nullopt;
    if (text) {
      reading_.qrs_host = *text;
      return;
    }
    reading_.warnings.push_back((entry ? at(entry->place) : config_.config_file + ": ") +
                                "Butler.configQRS.host is " + (entry ? "no text" : "missing") +
                                "; the instance id is made without it");
  }

  void read_log_directory() {
    const YamlEntry* entry = find("logDirectory");
    const auto* text = entry ? std::get_if<std::string>(&entry->value->data) : nullptr;
    if (text != nullptr) {
      reading_.log_directory = *text;
    }
  }

  void withhold(const std::string& path, YamlPlace place, const std::string& reason) {
    reading_.withheld.push_back(path);
    reading_.warnings.push_back(at(place) + path + " is withheld: " + reason);
  }

  Json features() {
    Json features = Json::object();
    for (const FeatureRow& row : feature_table) {
      const auto key = key_of(row, config_.feature_set);
      if (key.empty()) {
        continue;
      }
      const YamlEntry* entry = find(key);
      if (entry == nullptr) {
        features[std::string(row.flag)] = false;
        continue;
      }
      Flag flag = flag_of(*entry->value);
      if (flag.value) {
        features[std::string(row.flag)] = *std::move(flag.value);
      } else {
        withhold("Butler." + std::string(key), entry->place, flag.refusal);
      }
    }
    return features;
  }

  Json api() {
    const YamlEntry* entry = find(api_key);
    if (entry == nullptr) {
      return Json::object();
    }
    const std::string path = "Butler." + std::string(api_key);
    if (entry->value->map() == nullptr) {
      withhold(path, entry->place, "not a map");
      return Json::object();
    }
    return api_map(*entry->value->map(), path, 1);
  }

  Json api_map(const YamlMap& map, const std::string& path, std::size_t depth) {
    Json object = Json::object();
    for (const YamlEntry& entry : map) {
      if (++api_names_ > max_api_names) {
        withhold(path, entry.place, "more than " + std::to_string(max_api_names) + " names");
        break;
      }
      const std::string inner = path + "." + one_line(entry.key);
      if (!is_api_name(entry.key)) {
        withhold(inner, entry.place, "the name is no plain identifier");
      } else if (const YamlMap* deeper = entry.value->map(); deeper && depth < most_api_depth) {
        object[entry.key] = api_map(*deeper, inner, depth + 1);
      } else if (Flag flag = flag_of(*entry.value); flag.value) {
        object[entry.key] = *std::move(flag.value);
      } else {
        withhold(inner, entry.place, deeper ? "nested too deep" : flag.refusal);
      }
    }
    return object;
  }

  std::span<const YamlLayer> layers_;
  const ButlerConfig& config_;
  ButlerReading reading_;
  YamlRef butler_;
  std::size_t api_names_ = 0;
};

std::string configured_version(const std::string& configured, const char* key,
                               ButlerReading& reading) {
  if (configured == "auto") {
    return "unknown";
  }
  if (is_version(configured)) {
    return configured;
  }
  reading.warnings.push_back(std::string("butlers: ") + key +
                             " is no version; allowed: auto, or [A-Za-z0-9._+-]{1,64}");
  return "unknown";
}

void take_configured_versions(ButlerReading& reading, const ButlerConfig& config) {
  reading.version = configured_version(config.version, "version", reading);
  reading.node_version = configured_version(config.node_version, "nodeVersion", reading);
}

}  // namespace

ButlerReading interpret(std::span<const YamlLayer> layers, const ButlerConfig& config) {
  ButlerReading reading = Interpreter(layers, config).run();
  take_configured_versions(reading, config);
  return reading;
}

std::string_view name_of(ButlerReading::State state) {
  switch (state) {
    case ButlerReading::State::on:
      return "on";
    case ButlerReading::State::off:
      return "off";
    case ButlerReading::State::unknown:
      return "unknown";
  }
  ASSERT(false);
}

}  // namespace reporterd
