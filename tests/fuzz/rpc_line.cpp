// The control protocol: what a client sends, through a real Session to a service that answers.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "daemon/control/rpc.h"
#include "daemon/control/session.h"
#include "tests/fuzz/targets.h"
#include "tests/unit/control/fakes.h"

namespace reporterd::fuzz {
namespace {

using nlohmann::json;

constexpr SessionLimits limits{.line_bytes = 2048, .unanswered = 1'000'000};

struct Conversation {
  std::string answers;
  std::vector<std::string> submitted;
  std::vector<std::string> calls;
  friend bool operator==(const Conversation&, const Conversation&) = default;
};

// `piece`: bytes that arrive at once. `later`: the service answers when all is said, the last
// question first.
Conversation talk(std::string_view input, Access access, std::size_t piece, bool later) {
  testing::FakeStream stream;
  testing::FakeService service;
  RequestReader reader;
  Session session(stream, service, reader, access, limits);
  service.later = later;
  while (!input.empty()) {
    session.received(input.substr(0, piece));
    input.remove_prefix(std::min(piece, input.size()));
  }
  while (service.owed() > 0) {
    service.release(service.owed() - 1);
  }
  require(session.ended(), "a request stays unanswered");
  return {stream.take(), service.submitted, service.calls};
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  require(text.empty(), "an answer without a line end");
  return lines;
}

// The lines that deserve an answer.
std::vector<std::string> requests_of(std::string_view input) {
  std::vector<std::string> requests;
  const std::string_view complete = input.substr(0, input.rfind('\n') + 1);
  for (std::string& line : lines_of(complete)) {
    if (line.ends_with('\r')) {
      line.pop_back();
    }
    if (line.size() > limits.line_bytes || line.find_first_not_of(" \t") != std::string::npos) {
      requests.push_back(std::move(line));
    }
  }
  return requests;
}

// nlohmann ends at a zero byte and skips a byte order mark; JSON has neither.
bool is_json(const std::string& text) {
  return text.find('\0') == std::string::npos && !text.starts_with("\xEF\xBB\xBF") &&
         json::accept(text);
}

void require_answer(const std::string& request, const std::string& answer) {
  require(answer.find_first_of("\r\n") == std::string::npos, "an answer is not one line", answer);
  const json parsed = json::parse(answer, nullptr, false);
  require(parsed.is_object() && parsed.size() == 3 && parsed.value("jsonrpc", "") == "2.0" &&
              parsed.contains("id") && parsed.contains("result") != parsed.contains("error"),
          "an answer is not one of JSON-RPC", answer);
  json ours = parsed;
  ours.erase("id");  // it is the asker's own text, as it came: JSON allows DEL in it
  require_one_line(ours.dump());
  if (request.size() > limits.line_bytes) {
    require(
        parsed.contains("error") && parsed["error"]["code"] == rpc::code_of(ErrorCode::too_large),
        "a line that is too long was not refused as such", answer);
    return;
  }
  if (!is_json(request)) {
    // Of a submit the service judges the message; the fake one takes it.
    require(parsed.contains("error") || parsed["result"].value("state", "") == "queued",
            "what is no JSON was answered", answer);
    return;
  }
  if (parsed.contains("result") || parsed["error"]["code"] == rpc::invalid_params) {
    const json asked = json::parse(request);
    require(asked.is_object() && asked.contains("id") && asked["id"] == parsed["id"],
            "the answer has another id than the request", answer);
    require(asked.value("jsonrpc", "") == "2.0" && asked.value("method", json()).is_string(),
            "what is no request was answered", answer);
  }
}

}  // namespace

void rpc_line(std::string_view input) {
  const std::vector<std::string> requests = requests_of(input);
  for (const Access access : {Access::control, Access::submit}) {
    const Conversation whole = talk(input, access, input.size() + 1, false);
    require(whole == talk(input, access, 7, false), "the answer depends on how bytes arrive");
    require(whole.answers == talk(input, access, 100, true).answers,
            "the answers depend on when the service has them");
    const std::vector<std::string> answers = lines_of(whole.answers);
    // The last line is still open, unless it is too long already.
    require(answers.size() == requests.size() || answers.size() == requests.size() + 1,
            "not one answer for each request", whole.answers);
    for (std::size_t i = 0; i < requests.size(); ++i) {
      require_answer(requests[i], answers[i]);
    }
    for (const std::string& message : whole.submitted) {
      require(input.find(message) != std::string_view::npos && message.starts_with('{') &&
                  message.ends_with('}'),
              "a message was changed on its way to the service", message);
    }
    require(access == Access::control || whole.calls.empty(),
            "the submit socket reached a method of the control socket");
  }
}

}  // namespace reporterd::fuzz
