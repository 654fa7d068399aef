#include "ctl/call.h"

#include <fmt/format.h>

#include <utility>

namespace reporterd::ctl {

std::string request_line(std::int64_t id, std::string_view method, std::string_view params) {
  return fmt::format("{{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"{}\"{}{}}}\n", id, method,
                     params.empty() ? "" : ",\"params\":", params);
}

Outcome<AnswerLine> read_answer(std::string_view line, std::int64_t id) {
  const auto not_understood = [] {
    return give_up(Exit::failure, "the service's answer is not understood; is this reporterd?");
  };
  Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("id")) {
    return not_understood();
  }
  AnswerLine answer;
  const bool is_ours = json["id"] == id;
  if (is_ours && json.contains("result")) {
    answer.result = std::move(json["result"]);
    return answer;
  }
  const Json error = json.value("error", Json());
  if ((!is_ours && !json["id"].is_null()) || !error.is_object() ||
      !error.value("code", Json()).is_number_integer() ||
      !error.value("message", Json()).is_string()) {
    return not_understood();
  }
  answer.is_error = true;
  answer.code = error["code"].get<int>();
  answer.message = error["message"].get<std::string>();
  return answer;
}

Outcome<Json> call(Client& client, std::string_view method, const Json& params, Millis patience) {
  client.send(request_line(1, method, params.empty() ? "" : params.dump()));
  const auto line = client.next_line(patience);
  if (!line) {
    return std::unexpected(line.error());
  }
  auto answer = read_answer(*line, 1);
  if (!answer) {
    return std::unexpected(answer.error());
  }
  if (answer->is_error) {
    return give_up(exit_for_rpc(answer->code), std::move(answer->message));
  }
  return std::move(answer->result);
}

}  // namespace reporterd::ctl
