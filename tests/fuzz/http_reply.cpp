// Replies of the endpoint, as HttpDestination and the Reporter judge them. The input is a row of
// replies as they would stand on the wire, without the protocol's name, divided by lines of `%%%`:
//
//   429
//   Retry-After: 120
//
//   body

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "daemon/core/timestamp.h"
#include "daemon/destination/http_destination.h"
#include "daemon/destination/retry_after.h"
#include "tests/fuzz/scripted_delivery.h"
#include "tests/fuzz/targets.h"

namespace reporterd::fuzz {
namespace {

using Kind = Verdict::Kind;

std::string_view cut(std::string_view& text, std::string_view end) {
  const std::size_t at = std::min(text.find(end), text.size());
  const std::string_view before = text.substr(0, at);
  text.remove_prefix(std::min(at + end.size(), text.size()));
  return before;
}

void take_header(std::string_view line, Reply& reply) {
  const std::string_view name = cut(line, ": ");
  if (name == "Retry-After") {
    reply.retry_after = line;
  } else if (name == "Date") {
    reply.date = line;
  } else if (name == "Content-Type") {
    reply.content_type = line;
  }
}

Reply reply_of(std::string_view text) {
  Reply reply;
  const std::string_view first = cut(text, "\n");
  if (first == "reset" || first == "refused") {
    reply.fate = first == "reset" ? Fate::ambiguous : Fate::unreachable;
    reply.what = first;
    return reply;
  }
  reply.fate = Fate::answered;
  reply.status = std::abs(std::atoi(std::string(first.substr(0, 4)).c_str()));
  while (!text.empty()) {
    const std::string_view line = cut(text, "\n");
    if (line.empty()) {
      reply.body = text;
      break;
    }
    take_header(line, reply);
  }
  return reply;
}

bool is_end(Kind kind) {
  return kind == Kind::delivered || kind == Kind::duplicate || kind == Kind::rejected ||
         kind == Kind::too_large;
}

// Each date that can be read, is read again from the form that a server should use.
void require_date_round_trip(std::string_view text, WallTime now) {
  const auto date = parse_http_date(text, now);
  if (!date || *date < *parse_ts("0001-01-01T00:00:00Z") ||
      *date > *parse_ts("9999-12-31T23:59:59Z")) {
    return;  // year 0 and the last leap second have no calendar's form
  }
  constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::string ts = canonical_ts(*date);  // 1994-11-06T08:49:37.000Z
  require(ts.size() == 24 && parse_ts(ts) == *date, "a date without a calendar's form", ts);
  const std::string preferred = "Sun, " + ts.substr(8, 2) + " " +
                                months[std::atoi(ts.substr(5, 2).c_str()) - 1] + " " +
                                ts.substr(0, 4) + " " + ts.substr(11, 8) + " GMT";
  require(parse_http_date(preferred, now) == *date, "one date in two forms is two", preferred);
}

void require_sound(const Verdict& verdict, const Reply& reply) {
  require_one_line(verdict.why);
  require(verdict.why.starts_with("HTTP "), "a reason that is not the reply's", verdict.why);
  require(!verdict.wait || *verdict.wait >= Millis(0), "a wait that is over already");
  require(!verdict.wait || verdict.kind == Kind::retry_after, "a wait without being asked to");
  const bool may_ask = reply.status == 429 || (reply.status >= 500 && reply.status <= 599);
  require(verdict.kind != Kind::retry_after || may_ask || reply.status == 200,
          "a Retry-After that nobody sent", verdict.why);
  const bool is_page = reply.content_type.starts_with("text/html");
  const bool may_end = (reply.status >= 200 && reply.status <= 299) || reply.status == 400 ||
                       reply.status == 409 || reply.status == 413;
  require(!is_end(verdict.kind) || (may_end && !is_page),
          "a message ends by a reply that says nothing of it", verdict.why);
}

std::vector<Verdict> judge(const HttpDestination& destination,
                           const std::vector<LeasedMessage>& messages, const Reply& reply,
                           WallTime now) {
  std::vector<Verdict> verdicts = destination.verdicts(messages, reply, now);
  require(verdicts.size() == messages.size(), "not one verdict for each message");
  if (reply.fate == Fate::answered) {
    for (const Verdict& verdict : verdicts) {
      require_sound(verdict, reply);
    }
  }
  for (const auto* header : {&reply.retry_after, &reply.date}) {
    if (*header) {
      require_date_round_trip(**header, now);
    }
  }
  return verdicts;
}

void deliver(const HttpDestination& destination, std::string_view input) {
  constexpr int most_replies = 16;
  ScriptedDelivery delivery(destination);
  for (int i = 0; i < most_replies && !input.empty(); ++i) {
    const Reply reply = reply_of(cut(input, "\n%%%\n"));
    const auto* messages = delivery.next_request();
    if (messages == nullptr) {
      return;
    }
    delivery.reply(judge(destination, *messages, reply, delivery.wall()));
  }
  // Whatever was said, all is delivered once the endpoint takes it.
  Reply good;
  good.fate = Fate::answered;
  good.status = 201;
  constexpr int most_good = 20;
  for (int i = 0;; ++i) {
    const auto* messages = delivery.next_request();
    if (messages == nullptr) {
      return;
    }
    require(i < most_good, "an endpoint that takes everything does not get everything");
    delivery.reply(judge(destination, *messages, good, delivery.wall()));
  }
}

}  // namespace

void http_reply(std::string_view input) {
  for (const std::size_t batch : {std::size_t{1}, std::size_t{4}}) {
    deliver(HttpDestination({.url = "https://example.com/api/messages",
                             .batch = batch,
                             .user_agent = "reporterd",
                             .function_key = {}}),
            input);
  }
}

}  // namespace reporterd::fuzz
