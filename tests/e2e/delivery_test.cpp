// The main job: a message is handed in, kept, delivered, stored once; offline or not.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/e2e/site.h"
#include "tests/support/http_server.h"

namespace reporterd {
namespace {

using std::chrono::seconds;

TEST(Delivery, AMessageBecomesOneRowAndStaysOneAfterKill9AndARepeat) {
  Site site;
  const std::uint16_t port = closed_port();
  site.start_collector(port);
  site.configure({.destination = to(port)});
  site.start();
  EXPECT_EQ(site.submit(1), "queued");
  ASSERT_TRUE(site.ledger_has("delivered", 1));
  ASSERT_EQ(site.rows().size(), 1U);
  EXPECT_EQ(site.rows()[0]["instanceId"], sample_id);

  site.kill9();
  site.start();
  EXPECT_EQ(site.submit(1), "duplicate");
  EXPECT_EQ(site.submit(2), "queued");  // what was delivered once more would come before this
  ASSERT_TRUE(site.ledger_has("delivered", 2));
  EXPECT_EQ(site.status()["ledger"]["duplicates"], 1);
  EXPECT_EQ(site.rows().size(), 2U);
}

TEST(Delivery, AReportIsKeptWithoutAServerAndDeliveredSoonAfterItCameUp) {
  Site site;
  const std::uint16_t port = closed_port();
  site.configure({.destination = to(port), .butlers = reported(site.add_butler("butler"))});
  site.start();
  ASSERT_TRUE(site.becomes("unreachable"));
  const Json status = site.status();
  EXPECT_EQ(status["ledger"]["queued"], 1);
  EXPECT_EQ(status["delivery"]["host"], fmt::format("127.0.0.1:{}", port));
  EXPECT_FALSE(status["delivery"]["lastError"].is_null());
  EXPECT_TRUE(site.reaches([](const Json& now) {
    return !now["delivery"]["nextAttemptAt"].is_null() && now["delivery"]["failures"] > 2;
  }));

  const Ended report = site.ctl({"report"});
  EXPECT_EQ(report.exit, 0) << report.output;
  ASSERT_TRUE(site.ledger_has("accepted", 2));
  site.start_collector(port);
  ASSERT_TRUE(site.reaches([](const Json& now) {
    return now["ledger"]["queued"] == 0 && now["ledger"]["delivered"] >= 1;
  }));
  const auto rows = site.rows();
  ASSERT_GE(rows.size(), 1U);
  EXPECT_EQ(rows[0]["service"], "butler");
  EXPECT_EQ(rows[0]["serviceVersion"], "5.1.0");
  EXPECT_EQ(rows[0]["instanceId"], status["instanceIds"][0]["instanceId"]);
}

TEST(Delivery, FlushWaitSaysDoneUnreachableOrTimedOut) {
  Site site;
  HttpServer server(
      [](const ReceivedRequest&) { return ServerAction{.kind = ServerAction::Kind::hang}; });
  site.configure({.destination = to(closed_port())});
  site.start();
  EXPECT_EQ(site.ctl({"flush", "--wait"}).exit, 0);  // nothing is queued
  ASSERT_EQ(site.submit(1), "queued");
  EXPECT_EQ(site.ctl({"flush", "--wait"}).exit, 6);

  site.configure({.destination = to(server.port()) + ", timeout: 1s"});
  ASSERT_EQ(site.ctl({"config", "reload"}).exit, 0);
  EXPECT_EQ(site.ctl({"flush", "--wait", "--timeout", "0.2"}).exit, 7);

  server.set_script([](const ReceivedRequest&) { return ServerAction{.status = 201}; });
  ASSERT_TRUE(site.ledger_has("delivered", 1));
  ASSERT_EQ(site.submit(2), "queued");
  EXPECT_EQ(site.ctl({"flush", "--wait"}).exit, 0);
  EXPECT_TRUE(site.ledger_has("delivered", 2));
}

TEST(Delivery, FlushWaitAnswersAtOnceWhenNothingCanBeSent) {
  Site site;
  HttpServer server([](const ReceivedRequest&) { return ServerAction{.status = 401}; });
  site.configure({.destination = to(server.port()), .retry = "cap: 1h"});
  site.start();
  ASSERT_EQ(site.ctl({"pause"}).exit, 0);
  ASSERT_EQ(site.submit(1), "queued");
  Ended flush = site.ctl({"flush", "--wait"});
  EXPECT_EQ(flush.exit, 1);
  EXPECT_NE(flush.output.find("paused"), std::string::npos) << flush.output;
  EXPECT_EQ(server.requests().size(), 0U);

  ASSERT_EQ(site.ctl({"resume"}).exit, 0);
  ASSERT_TRUE(site.becomes("auth problem"));
  flush = site.ctl({"flush", "--wait"});
  EXPECT_EQ(flush.exit, 1);
  EXPECT_NE(flush.output.find("credentials"), std::string::npos) << flush.output;

  site.configure({.destination = to(server.port()), .telemetry = "enabled: false"});
  ASSERT_EQ(site.ctl({"config", "reload"}).exit, 0);
  EXPECT_EQ(site.ctl({"flush", "--wait"}).exit, 5);
}

TEST(Delivery, AFileOfMessagesIsHandedInAndWhatIsMissingIsFilledIn) {
  Site site;
  const std::uint16_t port = closed_port();
  site.start_collector(port);
  site.configure({.destination = to(port)});
  site.start();
  const std::string bare =
      R"({"data":{"service":"butler-sos","serviceVersion":"5.6.0","system":{},)"
      R"("enabledFeatures":{"feature":{"heartbeat":false}}}})";
  site.write("messages", message(1) + "\n" + message(2) + "\n" + bare + "\n");
  const Ended submit = site.ctl({"submit", site / "messages"});
  EXPECT_EQ(submit.exit, 0) << submit.output;
  ASSERT_TRUE(site.ledger_has("delivered", 3));
  const auto rows = site.rows();
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(site.collector_counts()["instances"], 2);

  site.write("bad", message(3) + "\n{\n");
  EXPECT_EQ(site.ctl({"submit", site / "bad"}).exit, 1);
  EXPECT_TRUE(site.ledger_has("delivered", 4));  // the good line of it
}

TEST(Delivery, APauseSurvivesKill9) {
  Site site;
  HttpServer server([](const ReceivedRequest&) { return ServerAction{.status = 201}; });
  site.configure({.destination = to(server.port())});
  site.start();
  ASSERT_EQ(site.ctl({"pause"}).exit, 0);
  ASSERT_EQ(site.submit(1), "queued");
  site.kill9();
  site.start();
  ASSERT_TRUE(site.becomes("paused"));
  EXPECT_EQ(server.requests().size(), 0U);
  ASSERT_EQ(site.ctl({"resume"}).exit, 0);
  EXPECT_TRUE(site.ledger_has("delivered", 1));
}

TEST(Delivery, AStopEndsARequestThatHangsAndLosesNothing) {
  Site site;
  HttpServer server(
      [](const ReceivedRequest&) { return ServerAction{.kind = ServerAction::Kind::hang}; });
  site.configure({.destination = to(server.port())});
  site.start();
  ASSERT_EQ(site.submit(1), "queued");
  ASSERT_TRUE(server.wait_for_requests(1));
  site.reporterd().ask_to_stop();
  EXPECT_EQ(site.reporterd().wait(seconds(5)), 0) << site.reporterd().output();

  server.set_script([](const ReceivedRequest&) { return ServerAction{.status = 201}; });
  site.start();
  EXPECT_TRUE(site.ledger_has("delivered", 1));
}

TEST(Delivery, WhatIsReportedIsInTheStatusThatReporterctlShows) {
  Site site;
  site.configure({.destination = to(closed_port())});
  site.start();
  ASSERT_EQ(site.submit(1), "queued");
  ASSERT_TRUE(site.becomes("unreachable"));
  const Ended status = site.ctl({"status"});
  EXPECT_EQ(status.exit, 0);
  EXPECT_NE(status.output.find("unreachable"), std::string::npos) << status.output;
  EXPECT_EQ(site.stop(), 0);
  EXPECT_EQ(site.ctl({"status"}).exit, 3);
}

}  // namespace
}  // namespace reporterd
