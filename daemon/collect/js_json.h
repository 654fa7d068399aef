#pragma once
// Numbers and JSON as JavaScript prints them, so that our bytes are those of JSON.stringify.

#include <nlohmann/json.hpp>
#include <string>

namespace reporterd {

// A finite number as ECMAScript's Number::toString: 1, 0.5, 1e+21, 1e-7; -0 is 0.
std::string js_number(double number);

// Compact JSON, keys in order, numbers by js_number. Strings must be UTF-8.
std::string compact_json(const nlohmann::ordered_json& value);

}  // namespace reporterd
