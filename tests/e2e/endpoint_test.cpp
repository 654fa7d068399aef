// Endpoints that misbehave: whatever they do, nothing is lost, the ledger balances, status names
// it, and they are left in peace until the next attempt is due.
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>

#include "tests/e2e/site.h"
#include "tests/support/http_server.h"

namespace reporterd {
namespace {

using Action = ServerAction;
using Kind = ServerAction::Kind;

// The next attempt after trouble is an hour away: each further request would be one too many.
const std::string patient =
    "base: 1h, cap: 1h, messageBase: 20ms, failuresToBackOff: 2, spreadRetryAfter: false";

struct Misbehaviour {
  const char* name;
  Action action;
  const char* condition;
  std::size_t most_requests;
};

class BadEndpoint : public testing::TestWithParam<Misbehaviour> {};

TEST_P(BadEndpoint, LosesNothingAndIsLeftInPeaceUntilAFlush) {
  HttpServer server([](const ReceivedRequest&) { return GetParam().action; });
  Site site;
  site.configure({.destination = to(server.port()) + ", timeout: 300ms", .retry = patient});
  site.start();
  for (int i = 0; i < 4; ++i) {
    ASSERT_EQ(site.submit(i), "queued");
  }
  ASSERT_TRUE(site.becomes(GetParam().condition)) << GetParam().name;
  ASSERT_TRUE(site.ledger_has("queued", 4));
  EXPECT_EQ(site.status()["ledger"]["delivered"], 0);
  EXPECT_FALSE(site.status()["delivery"]["nextAttemptAt"].is_null());
  EXPECT_FALSE(site.status()["why"].is_null());

  server.set_script([](const ReceivedRequest&) { return Action{.status = 201}; });
  EXPECT_LE(server.requests().size(), GetParam().most_requests);
  Arguments flush = {"flush", "--wait"};
  if (GetParam().condition == std::string("asked to wait")) {
    EXPECT_EQ(site.ctl(flush).exit, 6);
    EXPECT_LE(server.requests().size(), GetParam().most_requests);
    flush.emplace_back("--force");
  }
  const Ended flushed = site.ctl(flush);
  EXPECT_EQ(flushed.exit, 0) << flushed.output;
  EXPECT_TRUE(site.ledger_has("delivered", 4));
  EXPECT_TRUE(site.becomes("idle"));
}

Action html() {
  return {.headers = {{"Content-Type", "text/html; charset=utf-8"}},
          .body = "<html>Welcome to the hotel</html>"};
}

Action with_retry_after(int status, const std::string& value) {
  return {.status = status, .headers = {{"Retry-After", value}}};
}

std::string http_date(std::chrono::seconds from_now) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}",
                     fmt::gmtime(std::chrono::system_clock::now() + from_now));
}

INSTANTIATE_TEST_SUITE_P(
    Endpoint, BadEndpoint,
    testing::Values(
        Misbehaviour{"Hangs", {.kind = Kind::hang}, "unreachable", 6},
        Misbehaviour{
            "Trickles", {.kind = Kind::trickle, .body = std::string(1000, ' ')}, "unreachable", 6},
        Misbehaviour{"ClosesWithoutAReply", {.kind = Kind::close}, "unreachable", 8},
        Misbehaviour{"ResetsInTheMiddle",
                     {.kind = Kind::reset_mid_reply, .body = std::string(1000, ' ')},
                     "unreachable",
                     8},
        Misbehaviour{"Fails", {.status = 500}, "unreachable", 6},
        Misbehaviour{"SpeaksAnotherProtocol",
                     {.kind = Kind::raw, .body = "SSH-2.0-OpenSSH_9.2\r\n"},
                     "unreachable",
                     8},
        Misbehaviour{"AnswersHtmlWith200", html(), "unreachable", 1},
        Misbehaviour{"Redirects",
                     {.status = 302, .headers = {{"Location", "http://127.0.0.1:1/"}}},
                     "config problem",
                     1},
        Misbehaviour{"IsNotThere", {.status = 404}, "config problem", 1},
        Misbehaviour{"RejectsEverything", {.status = 400}, "config problem", 3},
        Misbehaviour{"AsksToWaitSeconds", with_retry_after(429, "600"), "asked to wait", 1},
        Misbehaviour{"AsksToWaitUntilADate",
                     with_retry_after(503, http_date(std::chrono::minutes(10))), "asked to wait",
                     1},
        Misbehaviour{"AsksToWaitForAbsurdlyLong", with_retry_after(503, "99999999999999999999999"),
                     "asked to wait", 1},
        Misbehaviour{"AsksToWaitInNonsense", with_retry_after(429, "soon"), "unreachable", 1}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(Endpoint, ThatAsksToWaitIsAskedAgainByItselfAndNoWaitIsLongerThanTheLimit) {
  HttpServer server([](const ReceivedRequest&) { return with_retry_after(503, "999999999"); });
  Site site;
  site.configure({.destination = to(server.port()),
                  .retry = "base: 1h, cap: 1h, retryAfterMax: 1s, spreadRetryAfter: false"});
  site.start();
  const auto start = std::chrono::steady_clock::now();
  ASSERT_EQ(site.submit(1), "queued");
  ASSERT_TRUE(server.wait_for_requests(1));
  server.set_script([](const ReceivedRequest&) { return Action{.status = 201}; });
  ASSERT_TRUE(site.ledger_has("delivered", 1));
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST(Endpoint, AfterTroubleOneMessageProbesAndTheWaitGrows) {
  HttpServer server([](const ReceivedRequest&) { return html(); });
  Site site;
  site.configure(
      {.destination = to(server.port()), .retry = "base: 20ms, cap: 1h, messageBase: 20ms"});
  site.start();
  ASSERT_EQ(site.submit(1), "queued");
  ASSERT_EQ(site.submit(2), "queued");
  ASSERT_TRUE(site.reaches([](const Json& status) { return status["delivery"]["failures"] >= 5; }));
  const auto failures = site.status()["delivery"]["failures"].get<std::size_t>();
  EXPECT_LE(server.requests().size(), failures + 1);
  server.set_script([](const ReceivedRequest&) { return Action{.status = 201}; });
  EXPECT_TRUE(site.ledger_has("delivered", 2));
}

TEST(Endpoint, ThatRefusesTheKeyKeepsAllAndTakesAllOnceTheKeyFileIsReplaced) {
  HttpServer server([](const ReceivedRequest& request) {
    return Action{.status = request.header("x-functions-key") == "new key" ? 201 : 401};
  });
  Site site;
  site.write("key", "old key\n");
  site.configure(
      {.destination = fmt::format("{}, functionKeyFile: '{}'", to(server.port()), site / "key"),
       .retry = "base: 1h, cap: 1h, networkBackWithin: 50ms"});
  site.start();
  ASSERT_EQ(site.submit(1), "queued");
  ASSERT_EQ(site.submit(2), "queued");
  ASSERT_TRUE(site.becomes("auth problem"));
  EXPECT_EQ(site.status()["ledger"]["queued"], 2);
  EXPECT_EQ(server.requests().size(), 1U);
  EXPECT_EQ(site.reporterd().output().find("old key"), std::string::npos);

  site.replace("key", "new key\n");
  EXPECT_TRUE(site.ledger_has("delivered", 2));
}

TEST(Endpoint, ThatFindsABatchTooLargeGetsItInParts) {
  std::atomic<int> refused = 0;
  HttpServer server([&](const ReceivedRequest& request) {
    const Json body = Json::parse(request.body);
    if (body.is_array() && body.size() > 2) {
      ++refused;
      return Action{.status = 413};
    }
    return Action{.status = 201};
  });
  Site site;
  site.configure({.destination = to(server.port()) + ", batch: 10"});
  site.start();
  ASSERT_EQ(site.ctl({"pause"}).exit, 0);
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(site.submit(i), "queued");
  }
  ASSERT_EQ(site.ctl({"resume"}).exit, 0);
  EXPECT_TRUE(site.ledger_has("delivered", 40));
  EXPECT_GE(refused, 1);
  EXPECT_EQ(site.status()["ledger"]["rejected"], 0);
}

TEST(Endpoint, ThatRejectsOneMessageAmongAcceptedOnesIsBelieved) {
  HttpServer server([](const ReceivedRequest& request) {
    return Action{.status = request.body == message(2) ? 400 : 201};
  });
  Site site;
  site.configure({.destination = to(server.port())});
  site.start();
  ASSERT_EQ(site.submit(1), "queued");
  ASSERT_TRUE(site.ledger_has("delivered", 1));
  ASSERT_EQ(site.submit(2), "queued");
  ASSERT_EQ(site.submit(3), "queued");
  EXPECT_TRUE(site.ledger_has("rejected", 1));
  EXPECT_TRUE(site.ledger_has("delivered", 2));
  EXPECT_EQ(server.requests().size(), 3U);
}

}  // namespace
}  // namespace reporterd
