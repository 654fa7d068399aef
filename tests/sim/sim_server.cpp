#include "tests/sim/sim_server.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "daemon/core/assert.h"

namespace reporterd::sim {
namespace {

constexpr std::string_view body_start = R"({"ts":")";
constexpr std::string_view data_start = R"({"service")";
constexpr std::string_view mark_name = R"("serviceVersion":")";
constexpr std::string_view id_name = R"("id":")";

std::string_view text_after(std::string_view body, std::string_view name) {
  const std::size_t at = body.find(name);
  ASSERT(at != std::string_view::npos);
  const std::string_view rest = body.substr(at + name.size());
  return rest.substr(0, rest.find('"'));
}

std::string http_date(WallTime time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch());
  return fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}", fmt::gmtime(whole.count()));
}

Reply answer(int status, std::string content_type, std::string body = {}) {
  Reply reply;
  reply.fate = Fate::answered;
  reply.status = status;
  reply.content_type = std::move(content_type);
  reply.body = std::move(body);
  reply.what = fmt::format("HTTP {}", status);
  return reply;
}

}  // namespace

std::string_view name_of(Weather weather) {
  switch (weather) {
    case Weather::fine:
      return "fine";
    case Weather::flaky:
      return "flaky";
    case Weather::busy:
      return "busy";
    case Weather::offline:
      return "offline";
    case Weather::dead_dns:
      return "dead name server";
    case Weather::restarting:
      return "restarting";
    case Weather::portal:
      return "portal";
    case Weather::unauthorized:
      return "unauthorized";
    case Weather::rejecting:
      return "rejecting";
    case Weather::failing:
      return "failing";
  }
  return "?";
}

// ---------------------------------------------------------------- bodies

std::string body_of(std::string_view instance_id, std::string_view ts, std::string_view mark,
                    std::size_t padding) {
  return fmt::format(
      R"({{"ts":"{}","data":{{"service":"butler","serviceVersion":"{}",)"
      R"("enabledFeatures":{{"api":{{}}}},"system":{{"id":"{}","release":"{:x<{}}"}}}}}})",
      ts, mark, instance_id, "", padding);
}

bool is_refused(std::string_view body) {
  const std::string_view mark = text_after(body, mark_name);
  return mark.starts_with("bad") || mark.starts_with("big");
}

std::vector<WireMessage> messages_of(const Request& request) {
  const std::string_view request_body = request.body;
  std::vector<WireMessage> messages;
  if (request_body.starts_with(data_start)) {
    const auto named = std::ranges::find(request.headers, "Idempotency-Key",
                                         [](const auto& header) { return header.first; });
    ASSERT(named != request.headers.end());
    const std::string& key = named->second;
    messages.push_back({key, fmt::format(R"({}{}","data":{}}})", body_start,
                                         key.substr(key.find('/') + 1), request_body)});
    return messages;
  }
  std::size_t at = request_body.find(body_start);
  while (at != std::string_view::npos) {
    const std::size_t next = request_body.find(body_start, at + 1);
    std::string_view body = request_body.substr(at, next - at);
    if (next != std::string_view::npos || request_body.starts_with('[')) {
      body.remove_suffix(1);  // the comma, or the end of the array
    }
    messages.push_back(
        {fmt::format("{}/{}", text_after(body, id_name), text_after(body, body_start)),
         std::string(body)});
    at = next;
  }
  return messages;
}

// ---------------------------------------------------------------- network

Journey SimServer::draw_journey(const Request& /*request*/) {
  Journey journey;
  journey.there = Millis(random_.between(1, 30));
  journey.back = Millis(random_.between(1, 30));
  if (weather_ == Weather::offline) {
    journey.end = Journey::End::unreachable;
    if (random_.percent(30)) {
      journey.there = Millis(random_.between(1000, 10'000));
    }
  } else if (weather_ == Weather::dead_dns) {
    journey.end = Journey::End::unreachable;
    journey.there = std::chrono::seconds(30);
    journey.what = "the name look-up timed out";
  } else if (weather_ == Weather::restarting) {
    const std::size_t dice = random_.below(100);
    if (dice < 60) {
      journey.end = dice < 30   ? Journey::End::unreachable
                    : dice < 45 ? Journey::End::lost_before
                                : Journey::End::lost_after;
    }
  } else if (weather_ == Weather::flaky) {
    const std::size_t dice = random_.below(100);
    if (dice < 15) {
      journey.end = Journey::End::lost_before;
      journey.back = Millis(random_.between(10, 60'000));
    } else if (dice < 30) {
      journey.end = Journey::End::lost_after;
      journey.back = Millis(random_.between(10, 60'000));
    } else if (dice < 34) {
      journey.end = Journey::End::unreachable;
    } else if (dice < 45) {
      journey.back = Millis(random_.between(100, 50'000));
    }
  }
  return journey;
}

// ---------------------------------------------------------------- receiver

Reply SimServer::take(const Request& request, WallTime client_wall) {
  const std::vector<WireMessage> messages = messages_of(request);
  ASSERT(!messages.empty());
  switch (weather_) {
    case Weather::busy:
      if (random_.percent(70)) {
        return ask_to_wait(client_wall);
      }
      break;
    case Weather::restarting:
      if (random_.percent(50)) {
        return answer(random_.one_of({502, 503, 504}), "text/html", "<html>Bad gateway</html>");
      }
      break;
    case Weather::portal:
      return answer(random_.one_of({200, 200, 200, 302, 307, 400, 409}), "text/html; charset=utf-8",
                    "<html>Welcome to the hotel</html>");
    case Weather::unauthorized:
      return answer(random_.one_of({401, 403}), "application/json");
    case Weather::rejecting:
      return answer(400, "application/json", R"({"error":"no"})");
    case Weather::failing:
      return answer(random_.one_of({500, 502, 504}), "");
    case Weather::flaky:
      if (random_.percent(10)) {
        if (random_.percent(30)) {
          store_all(messages);  // it failed after the commit
        }
        return answer(500, "text/html", "<html>Oops</html>");
      }
      break;
    case Weather::fine:
    case Weather::offline:
    case Weather::dead_dns:
      break;
  }
  return store_all(messages);
}

// Seconds or a date, sometimes absurd, sometimes nothing at all.
Reply SimServer::ask_to_wait(WallTime client_wall) {
  Reply reply = answer(random_.one_of({429, 429, 503}), "application/json");
  const std::int64_t seconds = random_.one_of<std::int64_t>(
      {0, 1, 20, 300, 3600, 99'999'999'999, 1'000'000'000'000'000'000});
  const std::size_t form = random_.below(10);
  if (form < 5) {
    reply.retry_after = std::to_string(seconds);
  } else if (form < 8) {
    const Micros apart = std::chrono::hours(24) * random_.between(-400, 400);
    const WallTime server_wall = client_wall + (form < 7 ? apart : Micros(0));
    reply.retry_after = http_date(server_wall + std::chrono::seconds(random_.between(-600, 7200)));
    if (form < 7) {
      reply.date = http_date(server_wall);
    }
  } else if (form < 9) {
    reply.retry_after =
        random_.one_of({"soon", "", "-5", "1.5", "1e3", "0x10", "20 s", "99999999999999999999999",
                        "Thu, 32 Foo 2025 25:61:61 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"});
  }
  return reply;
}

Reply SimServer::store_all(const std::vector<WireMessage>& messages) {
  if (messages.size() == 1) {
    return answer(store(messages.front()), "application/json", "{}");
  }
  if (random_.percent(30)) {  // a receiver that speaks for the whole batch: all or nothing
    for (const WireMessage& message : messages) {
      if (is_refused(message.body)) {
        return answer(random_.one_of({400, 413}), "application/json", "{}");
      }
    }
    for (const WireMessage& message : messages) {
      store(message);
    }
    return answer(202, "application/json");
  }
  std::string results;
  for (const WireMessage& message : messages) {
    results += fmt::format(R"({}{{"status":{}}})", results.empty() ? "" : ",", store(message));
  }
  return answer(200, "application/json", R"({"results":[)" + results + "]}");
}

int SimServer::store(const WireMessage& message) {
  if (is_refused(message.body)) {
    return text_after(message.body, mark_name).starts_with("bad") ? 400 : 413;
  }
  const auto [at, fresh] = stored_.try_emplace(message.key, message.body);
  if (!fresh && at->second != message.body) {
    violation_ = "the server got other bytes for a key it has: " + message.key;
  }
  return fresh ? 201 : random_.one_of({200, 409});
}

const std::string* SimServer::stored(const std::string& key) const {
  const auto found = stored_.find(key);
  return found == stored_.end() ? nullptr : &found->second;
}

}  // namespace reporterd::sim
