#pragma once
// Cuts a JSON array into the bytes of its elements, so that each is judged and stored as it came.

#include <optional>
#include <string_view>
#include <vector>

namespace reporterd {

// Whether `json` begins like an array.
bool is_array(std::string_view json);

// The elements of an array, without the white space around them; nullopt when brackets, quotes or
// commas do not add up. Inside the elements only brackets and strings are looked at.
std::optional<std::vector<std::string_view>> split_array(std::string_view json);

}  // namespace reporterd
