#pragma once
// The JSON forms of answers, as docs/protocol.md describes them. Each is one line of JSON text,
// because messages are put in byte for byte as they are stored.

#include <string>
#include <vector>

#include "daemon/control/service.h"

namespace reporterd {

// `status` and `preview` carry this; it changes with their members (docs/*.schema.json).
inline constexpr int answer_schema_version = 1;

std::string to_json(const Submitted& submitted);
std::string to_json(const std::vector<MadeReport>& reports);
std::string to_json(const Preview& preview);
std::string to_json(const StatusReport& status, Now now);
std::string to_json(const ConsentReport& consent, Now now);
std::string to_json(const FlushResult& result);
std::string to_json(const Paused& paused, Now now);
std::string to_json(const std::vector<Row>& rows, Now now);
std::string to_json(const ShownMessage& message, Now now);
std::string to_json(const ChangeResult& changed);
std::string to_json(const IdReport& ids);
std::string to_json(const ConfigChecked& checked);
std::string to_json(const ConfigShown& shown);
std::string to_json(const ConfigReloaded& reloaded);
std::string to_json(const std::vector<Finding>& findings);
std::string to_json(const FlightShown& shown);

// `text` as a JSON string, quotes included; bytes that are not UTF-8 become U+FFFD.
std::string quoted(std::string_view text);

}  // namespace reporterd
