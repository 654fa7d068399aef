// Every row of the contract: what each reply means for a message.

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/timestamp.h"
#include "daemon/destination/http_destination.h"

namespace reporterd {

std::ostream& operator<<(std::ostream& out, Verdict::Kind kind) {
  constexpr const char* names[] = {"delivered",      "duplicate",   "rejected",    "too_large",
                                   "retry",          "unreachable", "retry_after", "auth_problem",
                                   "config_problem", "cancelled"};
  return out << names[static_cast<int>(kind)];
}

namespace {

using Kind = Verdict::Kind;

const WallTime now = *parse_ts("2026-11-22T07:28:00Z");

std::vector<LeasedMessage> some_messages(std::size_t count) {
  std::vector<LeasedMessage> messages(count);
  for (std::size_t i = 0; i < count; ++i) {
    messages[i].seq = static_cast<Seq>(i + 1);
  }
  return messages;
}

std::vector<Verdict> verdicts(const Reply& reply, std::size_t count = 1) {
  HttpSettings settings;
  settings.url = "https://example.com/api/butlerTelemetry";
  settings.batch = 100;
  return HttpDestination(settings).verdicts(some_messages(count), reply, now);
}

Reply answer(int status, std::string content_type = "", std::string body = "") {
  Reply reply;
  reply.fate = Fate::answered;
  reply.status = status;
  reply.content_type = std::move(content_type);
  reply.body = std::move(body);
  return reply;
}

Reply answer_with_retry_after(int status, std::string retry_after) {
  Reply reply = answer(status);
  reply.retry_after = std::move(retry_after);
  return reply;
}

struct StatusRow {
  int status;
  Kind plain;
  Kind html;         // with an HTML page
  Kind retry_after;  // with a Retry-After of 7 s
  const char* why;
};

constexpr StatusRow rows[] = {
    {200, Kind::delivered, Kind::unreachable, Kind::delivered, "HTTP 200 (OK)"},
    {201, Kind::delivered, Kind::unreachable, Kind::delivered, "HTTP 201 (Created)"},
    {202, Kind::delivered, Kind::unreachable, Kind::delivered, "HTTP 202 (Accepted)"},
    {203, Kind::config_problem, Kind::config_problem, Kind::config_problem, "HTTP 203"},
    {204, Kind::delivered, Kind::unreachable, Kind::delivered, "HTTP 204 (No Content)"},
    {205, Kind::config_problem, Kind::config_problem, Kind::config_problem, "HTTP 205"},
    {206, Kind::config_problem, Kind::config_problem, Kind::config_problem,
     "HTTP 206 (Partial Content)"},
    {207, Kind::config_problem, Kind::config_problem, Kind::config_problem, "HTTP 207"},
    {300, Kind::config_problem, Kind::config_problem, Kind::config_problem, "HTTP 300"},
    {301, Kind::config_problem, Kind::config_problem, Kind::config_problem,
     "HTTP 301 (Moved Permanently)"},
    {302, Kind::config_problem, Kind::config_problem, Kind::config_problem, "HTTP 302 (Found)"},
    {303, Kind::config_problem, Kind::config_problem, Kind::config_problem, "HTTP 303 (See Other)"},
    {304, Kind::config_problem, Kind::config_problem, Kind::config_problem, "HTTP 304"},
    {307, Kind::config_problem, Kind::config_problem, Kind::config_problem,
     "HTTP 307 (Temporary Redirect)"},
    {308, Kind::config_problem, Kind::config_problem, Kind::config_problem,
     "HTTP 308 (Permanent Redirect)"},
    {400, Kind::rejected, Kind::unreachable, Kind::rejected, "HTTP 400 (Bad Request)"},
    {401, Kind::auth_problem, Kind::auth_problem, Kind::auth_problem, "HTTP 401 (Unauthorized)"},
    {402, Kind::config_problem, Kind::config_problem, Kind::config_problem,
     "HTTP 402 (Payment Required)"},
    {403, Kind::auth_problem, Kind::auth_problem, Kind::auth_problem, "HTTP 403 (Forbidden)"},
    {404, Kind::config_problem, Kind::config_problem, Kind::config_problem, "HTTP 404 (Not Found)"},
    {405, Kind::config_problem, Kind::config_problem, Kind::config_problem,
     "HTTP 405 (Method Not Allowed)"},
    {406, Kind::config_problem, Kind::config_problem, Kind::config_problem,
     "HTTP 406 (Not Acceptable)"},
    {407, Kind::auth_problem, Kind::auth_problem, Kind::auth_problem,
     "HTTP 407 (Proxy Authentication Required)"},
    {408, Kind::retry, Kind::retry, Kind::retry, "HTTP 408 (Request Timeout)"},
    {409, Kind::duplicate, Kind::unreachable, Kind::duplicate, "HTTP 409 (Conflict)"},
    {410, Kind::config_problem, Kind::config_problem, Kind::config_problem, "HTTP 410 (Gone)"},
    {411, Kind::config_problem, Kind::config_problem, Kind::config_problem,
     "HTTP 411 (Length Required)"},
    {412, Kind::config_problem, Kind::config_problem, Kind::config_problem,
     "HTTP 412 (Precondition Failed)"},
    {413, Kind::too_large, Kind::unreachable, Kind::too_large, "HTTP 413 (Content Too Large)"},
    {414, Kind::config_problem, Kind::config_problem, Kind::config_problem,
     "HTTP 414 (URI Too Long)"},
    {415, Kind::config_problem, Kind::config_problem, Kind::config_problem,
     "HTTP 415 (Unsupported Media Type)"},
    {418, Kind::config_problem, Kind::config_problem, Kind::config_problem, "HTTP 418"},
    {422, Kind::config_problem, Kind::config_problem, Kind::config_problem,
     "HTTP 422 (Unprocessable Content)"},
    {429, Kind::retry_after, Kind::retry_after, Kind::retry_after, "HTTP 429 (Too Many Requests)"},
    {431, Kind::config_problem, Kind::config_problem, Kind::config_problem,
     "HTTP 431 (Request Header Fields Too Large)"},
    {439, Kind::config_problem, Kind::config_problem, Kind::config_problem, "HTTP 439"},
    {500, Kind::retry, Kind::retry, Kind::retry_after, "HTTP 500 (Internal Server Error)"},
    {501, Kind::config_problem, Kind::config_problem, Kind::retry_after,
     "HTTP 501 (Not Implemented)"},
    {502, Kind::retry, Kind::retry, Kind::retry_after, "HTTP 502 (Bad Gateway)"},
    {503, Kind::retry, Kind::retry, Kind::retry_after, "HTTP 503 (Service Unavailable)"},
    {504, Kind::retry, Kind::retry, Kind::retry_after, "HTTP 504 (Gateway Timeout)"},
    {507, Kind::retry, Kind::retry, Kind::retry_after, "HTTP 507"},
    {509, Kind::retry, Kind::retry, Kind::retry_after, "HTTP 509"},
    {599, Kind::retry, Kind::retry, Kind::retry_after, "HTTP 599"},
    {600, Kind::config_problem, Kind::config_problem, Kind::config_problem, "HTTP 600"},
    {999, Kind::config_problem, Kind::config_problem, Kind::config_problem, "HTTP 999"},
};

}  // namespace

TEST(HttpVerdicts, EveryStatusMeansWhatTheContractSays) {
  for (const StatusRow& row : rows) {
    const auto plain = verdicts(answer(row.status));
    ASSERT_EQ(plain.size(), 1U);
    EXPECT_EQ(plain[0].kind, row.plain) << row.status;
    EXPECT_EQ(plain[0].wait, std::nullopt) << row.status;
    EXPECT_EQ(plain[0].why, row.why);
    EXPECT_EQ(verdicts(answer(row.status, "application/json", "{}"))[0].kind, row.plain)
        << row.status;
  }
}

TEST(HttpVerdicts, APageNeverSettlesAMessage) {
  for (const StatusRow& row : rows) {
    for (const auto* type : {"text/html", "text/html; charset=utf-8", "application/xhtml+xml"}) {
      EXPECT_EQ(verdicts(answer(row.status, type, "<html>Log in</html>"))[0].kind, row.html)
          << row.status;
    }
  }
}

TEST(HttpVerdicts, RetryAfterOn429AndOn5xxSpeaksForTheDestination) {
  for (const StatusRow& row : rows) {
    const auto verdict = verdicts(answer_with_retry_after(row.status, "7"))[0];
    EXPECT_EQ(verdict.kind, row.retry_after) << row.status;
    EXPECT_EQ(verdict.wait.has_value(), row.retry_after == Kind::retry_after) << row.status;
  }
  EXPECT_EQ(verdicts(answer_with_retry_after(503, "7"))[0].wait, std::chrono::seconds(7));
}

TEST(HttpVerdicts, ARetryAfterDateCountsFromTheRepliesOwnDate) {
  Reply reply = answer_with_retry_after(503, "Sun, 22 Nov 2026 09:00:30 GMT");
  EXPECT_EQ(verdicts(reply)[0].wait, std::chrono::seconds(92 * 60 + 30));
  reply.date = "Sun, 22 Nov 2026 09:00:00 GMT";  // the server's clock is ahead of ours
  EXPECT_EQ(verdicts(reply)[0].wait, std::chrono::seconds(30));
}

TEST(HttpVerdicts, AnUnreadableRetryAfterIsLikeNone) {
  for (const auto* text : {"-1", "soon", "", "1.5"}) {
    const auto on_503 = verdicts(answer_with_retry_after(503, text))[0];
    EXPECT_EQ(on_503.kind, Kind::retry) << text;
    EXPECT_EQ(on_503.wait, std::nullopt);
    const auto on_429 = verdicts(answer_with_retry_after(429, text))[0];
    EXPECT_EQ(on_429.kind, Kind::retry_after) << text;
    EXPECT_EQ(on_429.wait, std::nullopt);
  }
}

TEST(HttpVerdicts, AStoppedWebAppIsUnreachableNotAnAuthProblem) {
  const auto page = "<h1>Error 403 - This web app is Stopped.</h1>";
  EXPECT_EQ(verdicts(answer(403, "text/html", page))[0].kind, Kind::unreachable);
  EXPECT_EQ(verdicts(answer(403, "text/plain", page))[0].kind, Kind::auth_problem);
}

TEST(HttpVerdicts, WithoutAnAnswerTheFateDecides) {
  Reply reply;
  reply.status = 200;  // says nothing unless answered
  reply.what = "connection refused";
  for (const auto& [fate, kind] :
       std::vector<std::pair<Fate, Kind>>{{Fate::unreachable, Kind::unreachable},
                                          {Fate::ambiguous, Kind::retry},
                                          {Fate::cancelled, Kind::cancelled}}) {
    reply.fate = fate;
    const auto both = verdicts(reply, 2);
    ASSERT_EQ(both.size(), 2U);
    EXPECT_EQ(both[0].kind, kind);
    EXPECT_EQ(both[1].kind, kind);
    EXPECT_EQ(both[0].why, "connection refused");
  }
}

TEST(HttpVerdicts, ResultsGiveEachMessageOfABatchItsOwnVerdict) {
  const auto each = verdicts(
      answer(200, "application/json",
             R"({"results":[{"status":201},{"status":200,"conflict":true},{"status":409},)"
             R"({"status":400,"error":"x"},{"status":413},{"status":503},{},7,{"status":"201"}]})"),
      9);
  ASSERT_EQ(each.size(), 9U);
  const std::vector<Kind> expected = {Kind::delivered, Kind::delivered, Kind::duplicate,
                                      Kind::rejected,  Kind::too_large, Kind::retry,
                                      Kind::retry,     Kind::retry,     Kind::retry};
  for (std::size_t i = 0; i < each.size(); ++i) {
    EXPECT_EQ(each[i].kind, expected[i]) << i;
  }
  EXPECT_EQ(each[3].why, "HTTP 400 (Bad Request)");
}

TEST(HttpVerdicts, ResultsForAnotherNumberOfMessagesSettleNothing) {
  for (const auto* body : {R"({"results":[]})", R"({"results":[{"status":201}]})",
                           R"({"results":[{"status":201},{"status":201},{"status":201}]})"}) {
    for (const auto& verdict : verdicts(answer(200, "application/json", body), 2)) {
      EXPECT_EQ(verdict.kind, Kind::retry) << body;
    }
  }
}

TEST(HttpVerdicts, AnyOtherAnswerCountsForTheWholeBatch) {
  const auto results = R"({"results":[{"status":400},{"status":400}]})";
  for (const auto& reply :
       {answer(200), answer(200, "text/plain", "ok"), answer(200, "application/json", "{}"),
        answer(200, "application/json", R"({"results":7})"), answer(200, "", "[1,2]"),
        answer(201, "application/json", results), answer(204)}) {
    for (const auto& verdict : verdicts(reply, 2)) {
      EXPECT_EQ(verdict.kind, Kind::delivered) << reply.status << reply.body;
    }
  }
  EXPECT_EQ(verdicts(answer(200, "text/html", results), 2)[1].kind, Kind::unreachable);
  EXPECT_EQ(verdicts(answer(413), 3)[2].kind, Kind::too_large);
  EXPECT_EQ(verdicts(answer(200, "application/json", R"({"results":[{"status":400}]})"))[0].kind,
            Kind::delivered)
      << "a single message is answered by the status alone";
}

}  // namespace reporterd
