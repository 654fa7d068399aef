#pragma once
// What may stand in a message: the patterns, words and names behind the promise that only
// documented fields with documented kinds of values leave (docs/privacy.md). The message check
// refuses by these rules and the collection of reports withholds by them, so they are one.
// collector/message.schema.json says the same as a JSON Schema; a test holds the two together.

#include <cstddef>
#include <span>
#include <string_view>

namespace reporterd {

inline constexpr std::size_t most_api_depth = 8;          // objects inside each other, below `api`
inline constexpr std::size_t most_names_in_object = 512;  // below `api`
inline constexpr std::size_t most_number_chars = 32;

bool is_service_name(std::string_view text);  // [a-z][a-z0-9-]{0,31}
bool is_version(std::string_view text);       // [A-Za-z0-9._+-]{1,64}
bool is_system_word(std::string_view text);   // [A-Za-z0-9_]{1,32}: arch, platform
bool is_system_text(std::string_view text);   // [A-Za-z0-9 ._+,:()/~-]{0,128}: release, distro, ...
bool is_api_name(std::string_view text);      // [A-Za-z][A-Za-z0-9_]{0,63}
bool is_switch_word(std::string_view text);   // yes no on off true false, in any case

// Every name that may stand in enabledFeatures.feature, in the order in which Butler writes them.
std::span<const std::string_view> feature_names();

}  // namespace reporterd
