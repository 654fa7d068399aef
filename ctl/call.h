#pragma once
// Requests and answers of the local protocol (docs/protocol.md), as the client sees them.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "ctl/client.h"
#include "ctl/exit_codes.h"

namespace reporterd::ctl {

using Json = nlohmann::ordered_json;

// One request line. `params`: JSON text of an object, "" for none.
std::string request_line(std::int64_t id, std::string_view method, std::string_view params);

struct AnswerLine {
  bool is_error = false;
  Json result;          // when it is none
  int code = 0;         // of an error
  std::string message;  // of an error
};

// Reads the answer to request `id`. An error may come without the id (null), as for a line that is
// too long. Fails when it is no such answer.
Outcome<AnswerLine> read_answer(std::string_view line, std::int64_t id);

// One request, one answer; an error answer becomes a Failure with its exit code.
Outcome<Json> call(Client& client, std::string_view method, const Json& params, Millis patience);

}  // namespace reporterd::ctl
