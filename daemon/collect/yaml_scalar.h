#pragma once
// Plain YAML scalars -> numbers, booleans, null or text: the implicit types of js-yaml 4.

#include <optional>
#include <string_view>

#include "daemon/collect/yaml_value.h"

namespace reporterd {

// What an untagged plain scalar means. `yes`, `on` and dates stay text.
YamlValue plain_scalar(std::string_view text);

// The readings that an explicit tag (!!null, !!bool, !!int, !!float) asks for.
bool is_yaml_null(std::string_view text);
std::optional<bool> yaml_bool(std::string_view text);
std::optional<double> yaml_int(std::string_view text);
std::optional<double> yaml_float(std::string_view text);

}  // namespace reporterd
