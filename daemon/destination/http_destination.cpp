#include "daemon/destination/http_destination.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/core/assert.h"
#include "daemon/core/letters.h"
#include "daemon/core/timestamp.h"
#include "daemon/destination/retry_after.h"

namespace reporterd {
namespace {

using Kind = Verdict::Kind;

struct Meaning {
  int status;
  const char* name;
  Kind kind;
};

// What is not listed: 5xx is retry, anything else a config_problem. Nothing unknown discards data.
constexpr std::array<Meaning, 34> meanings = {{
    {200, "OK", Kind::delivered},
    {201, "Created", Kind::delivered},
    {202, "Accepted", Kind::delivered},
    {204, "No Content", Kind::delivered},
    {206, "Partial Content", Kind::config_problem},
    {301, "Moved Permanently", Kind::config_problem},
    {302, "Found", Kind::config_problem},
    {303, "See Other", Kind::config_problem},
    {307, "Temporary Redirect", Kind::config_problem},
    {308, "Permanent Redirect", Kind::config_problem},
    {400, "Bad Request", Kind::rejected},
    {401, "Unauthorized", Kind::auth_problem},
    {402, "Payment Required", Kind::config_problem},
    {403, "Forbidden", Kind::auth_problem},
    {404, "Not Found", Kind::config_problem},
    {405, "Method Not Allowed", Kind::config_problem},
    {406, "Not Acceptable", Kind::config_problem},
    {407, "Proxy Authentication Required", Kind::auth_problem},
    {408, "Request Timeout", Kind::retry},
    {409, "Conflict", Kind::duplicate},
    {410, "Gone", Kind::config_problem},
    {411, "Length Required", Kind::config_problem},
    {412, "Precondition Failed", Kind::config_problem},
    {413, "Content Too Large", Kind::too_large},
    {414, "URI Too Long", Kind::config_problem},
    {415, "Unsupported Media Type", Kind::config_problem},
    {422, "Unprocessable Content", Kind::config_problem},
    {429, "Too Many Requests", Kind::retry_after},
    {431, "Request Header Fields Too Large", Kind::config_problem},
    {500, "Internal Server Error", Kind::retry},
    {501, "Not Implemented", Kind::config_problem},
    {502, "Bad Gateway", Kind::retry},
    {503, "Service Unavailable", Kind::retry},
    {504, "Gateway Timeout", Kind::retry},
}};

// A message's or a whole reply's verdict by its status alone.
Verdict by_status(std::int64_t status) {
  std::string why = "HTTP " + std::to_string(status);
  const auto known = std::ranges::find(meanings, status, &Meaning::status);
  if (known != meanings.end()) {
    why += std::string(" (") + known->name + ")";
    return {known->kind, std::nullopt, std::move(why)};
  }
  const bool server_error = status >= 500 && status <= 599;
  return {server_error ? Kind::retry : Kind::config_problem, std::nullopt, std::move(why)};
}

bool settles(Kind kind) {
  return kind == Kind::delivered || kind == Kind::duplicate || kind == Kind::rejected ||
         kind == Kind::too_large;
}

bool is_html(std::string_view content_type) {
  return content_type.starts_with("text/html") || content_type.starts_with("application/xhtml");
}

bool says_stopped(std::string_view page) {
  constexpr std::string_view words = "web app is stopped";
  return !std::ranges::search(page, words, same_letter).empty();
}

// The verdict on a reply as a whole.
Verdict on_reply(const Reply& reply, WallTime now) {
  Verdict verdict = by_status(reply.status);
  const bool server_error = reply.status >= 500 && reply.status <= 599;
  if (reply.status == 429 || (server_error && reply.retry_after)) {
    const auto wait =
        reply.retry_after ? parse_retry_after(*reply.retry_after, reply.date, now) : std::nullopt;
    if (reply.status == 429 || wait) {
      verdict.kind = Kind::retry_after;
      verdict.wait = wait;
    }
  }
  if (!is_html(reply.content_type)) {
    return verdict;
  }
  // The contract has no pages: a portal, a proxy or a firewall answered in the service's place.
  if (settles(verdict.kind)) {
    verdict.kind = Kind::unreachable;
    verdict.why += ", but with an HTML page: something else answered for the destination";
  } else if (reply.status == 403 && says_stopped(reply.body)) {
    verdict.kind = Kind::unreachable;
    verdict.why += ": the web app is stopped";
  }
  return verdict;
}

// `{"results":[{"status":201},...]}`; nullopt when the body is something else.
std::optional<std::vector<Verdict>> by_results(const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) {
    return std::nullopt;
  }
  const auto results = json.find("results");
  if (results == json.end() || !results->is_array()) {
    return std::nullopt;
  }
  std::vector<Verdict> verdicts;
  for (const auto& result : *results) {
    const auto status = result.is_object() ? result.find("status") : result.end();
    if (result.is_object() && status != result.end() && status->is_number_integer()) {
      verdicts.push_back(by_status(status->get<std::int64_t>()));
    } else {
      verdicts.push_back({Kind::retry, std::nullopt, "HTTP 200, but without a result for it"});
    }
  }
  return verdicts;
}

// The bytes of data's value: a checked body has exactly ts and data, no white space, no escapes.
std::string_view data_of(std::string_view body) {
  constexpr std::string_view data_first = R"({"data":)";
  constexpr std::string_view data_last = R"(","data":)";
  if (body.starts_with(data_first)) {
    const auto end = body.rfind(R"(,"ts":")");
    ASSERT(end != std::string_view::npos);
    return body.substr(data_first.size(), end - data_first.size());
  }
  const auto before = body.find(data_last);
  ASSERT(before != std::string_view::npos);
  const auto start = before + data_last.size();
  return body.substr(start, body.size() - 1 - start);
}

// FNV-1a. Not secret-proof, but enough to notice that a query changed without storing it.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xCBF2'9CE4'8422'2325U;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x0000'0100'0000'01B3U;
  }
  return hash;
}

}  // namespace

HttpDestination::HttpDestination(HttpSettings settings) : settings_(std::move(settings)) {
  ASSERT(validate(settings_).has_value());
}

// A query may hold a key (?code=...), so only its hash is remembered.
std::string HttpDestination::identity() const {
  const auto query = settings_.url.find('?');
  std::string name = "http " + settings_.url.substr(0, query);
  if (query != std::string::npos) {
    char hash[18] = {};
    std::snprintf(hash, sizeof hash, "?%016llx",
                  static_cast<unsigned long long>(hash_of(settings_.url.substr(query))));
    name += hash;
  }
  return name;
}

std::size_t HttpDestination::batch_limit() const {
  return settings_.batch;
}

Request HttpDestination::request(std::span<const LeasedMessage> messages) const {
  ASSERT(!messages.empty() && messages.size() <= settings_.batch);
  Request request;
  request.url = settings_.url;
  request.headers.reserve(4);
  request.headers.emplace_back("Content-Type", "application/json");
  request.headers.emplace_back("User-Agent", settings_.user_agent);
  if (settings_.function_key) {
    request.headers.emplace_back("x-functions-key", *settings_.function_key);
  }
  if (messages.size() == 1) {
    const LeasedMessage& message = messages.front();
    request.headers.emplace_back("Idempotency-Key",
                                 message.key.instance_id + "/" + canonical_ts(message.key.ts));
    request.body = settings_.data_only ? data_of(message.body) : message.body;
    return request;
  }
  std::size_t bytes = 1;
  for (const LeasedMessage& message : messages) {
    bytes += 1 + message.body.size();
  }
  request.body.reserve(bytes);
  for (const LeasedMessage& message : messages) {
    request.body += request.body.empty() ? '[' : ',';
    request.body += message.body;
  }
  request.body += ']';
  return request;
}

std::vector<Verdict> HttpDestination::verdicts(std::span<const LeasedMessage> messages,
                                               const Reply& reply, WallTime now) const {
  const auto all = [&](const Verdict& verdict) {
    return std::vector<Verdict>(messages.size(), verdict);
  };
  switch (reply.fate) {
    case Fate::unreachable:
      return all({Kind::unreachable, std::nullopt, reply.what});
    case Fate::ambiguous:
      return all({Kind::retry, std::nullopt, reply.what});
    case Fate::cancelled:
      return all({Kind::cancelled, std::nullopt, reply.what});
    case Fate::answered:
      break;
  }
  Verdict whole = on_reply(reply, now);
  if (messages.size() > 1 && reply.status == 200 && whole.kind == Kind::delivered) {
    if (auto each = by_results(reply.body)) {
      if (each->size() == messages.size()) {
        return std::move(*each);
      }
      whole = {Kind::retry, std::nullopt,
               "HTTP 200, but with results for another number of messages"};
    }
  }
  return all(whole);
}

}  // namespace reporterd
