// The owner's switches, each Butler's own switch, and the notice period.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/e2e/site.h"
#include "tests/support/http_server.h"

namespace reporterd {
namespace {

TEST(Report, SpeaksOfTheButlerThatIsThereNow) {
  Site site;
  site.configure({.butlers = reported(site.add_butler("butler"))});
  site.start();
  ASSERT_TRUE(site.ledger_has("queued", 1));
  site.write("butler/package.json", R"({ "name": "butler", "version": "7.3.0" })");
  ASSERT_EQ(site.ctl({"report"}).exit, 0);
  const Json shown = site.call("queue.show", {{"seq", 2}});
  EXPECT_EQ(shown["result"]["message"]["data"]["serviceVersion"], "7.3.0") << shown.dump();
}

TEST(Consent, SwitchedOffByAReloadWithdrawsWhatWaitsAndTakesNothingMore) {
  Site site;
  site.configure(
      {.destination = to(closed_port()), .butlers = reported(site.add_butler("butler"))});
  site.start();
  ASSERT_EQ(site.submit(1), "queued");
  ASSERT_TRUE(site.ledger_has("queued", 2));  // and the report

  HttpServer server(created);
  site.configure({.destination = to(server.port()),
                  .telemetry = "enabled: false",
                  .butlers = reported(site / "butler/config/production.yaml")});
  ASSERT_EQ(site.ctl({"config", "reload"}).exit, 0);
  EXPECT_TRUE(site.ledger_has("withdrawn", 2));
  EXPECT_EQ(site.status()["condition"], "off");
  EXPECT_EQ(site.status()["consent"]["layer"], "telemetry.enabled");
  EXPECT_EQ(site.ctl({"report"}).exit, 5);
  EXPECT_EQ(site.ctl({"flush"}).exit, 5);
  EXPECT_EQ(site.ask(submit_line(2))["error"]["code"], -32006);
  EXPECT_EQ(site.ctl({"consent", "show"}).exit, 0);
  EXPECT_EQ(site.status()["ledger"]["accepted"], 2);

  site.configure({.destination = to(server.port())});
  ASSERT_EQ(site.ctl({"config", "reload"}).exit, 0);
  EXPECT_EQ(site.submit(3), "queued");
  ASSERT_TRUE(site.ledger_has("delivered", 1));
  ASSERT_EQ(server.requests().size(), 1U);  // what was withdrawn stays so
  EXPECT_EQ(server.requests()[0].body, message(3));
}

TEST(Consent, DoNotTrackIsRespectedAtStart) {
  Site site;
  site.configure(
      {.destination = to(closed_port()), .butlers = reported(site.add_butler("butler"))});
  site.start();
  ASSERT_TRUE(site.ledger_has("queued", 1));
  ASSERT_EQ(site.stop(), 0);

  HttpServer server(created);
  site.configure({.destination = to(server.port()),
                  .butlers = reported(site / "butler/config/production.yaml")});
  site.start({"DO_NOT_TRACK=1"});
  EXPECT_TRUE(site.ledger_has("withdrawn", 1));
  EXPECT_EQ(site.status()["condition"], "off");
  EXPECT_EQ(site.status()["consent"]["layer"], "DO_NOT_TRACK");
  EXPECT_EQ(site.ctl({"report"}).exit, 5);
  ASSERT_EQ(site.stop(), 0);
  EXPECT_EQ(server.connections(), 0U);

  site.start({"DO_NOT_TRACK=false"});
  EXPECT_EQ(site.ctl({"report"}).exit, 0);
  EXPECT_TRUE(site.ledger_has("delivered", 1));
}

TEST(Consent, AButlerSwitchedOffIsWithdrawnWhileOthersAndProgramsGoOn) {
  Site site;
  const std::string first = site.add_butler("first");
  const std::string second = site.add_butler("second");
  const std::string both = reported(first) + ", " + reported(second);
  site.configure({.destination = to(closed_port()), .butlers = both});
  site.start();
  ASSERT_EQ(site.submit(1), "queued");
  ASSERT_TRUE(site.ledger_has("queued", 3));

  site.add_butler("first", "false");
  EXPECT_TRUE(site.ledger_has("withdrawn", 1));
  const Json status = site.status();
  EXPECT_EQ(status["ledger"]["queued"], 2);
  EXPECT_EQ(status["consent"]["decision"], "on");
  EXPECT_EQ(status["consent"]["butlers"][0]["decision"], "off");
  EXPECT_EQ(status["consent"]["butlers"][1]["decision"], "on");
  const Json reports = site.call("report")["result"]["reports"];
  EXPECT_TRUE(reports[0]["state"].is_null());
  EXPECT_EQ(reports[1]["state"], "queued");

  HttpServer server(created);
  site.configure({.destination = to(server.port()), .butlers = both});
  ASSERT_EQ(site.ctl({"config", "reload"}).exit, 0);
  ASSERT_TRUE(site.ledger_has("queued", 0));
  EXPECT_EQ(site.status()["ledger"]["withdrawn"], 1);
  EXPECT_GE(site.status()["ledger"]["delivered"], 2);
}

struct Unknown {
  const char* name;
  void (*spoil)(const std::string& file);
};

class UnknownConsent : public testing::TestWithParam<Unknown> {};

TEST_P(UnknownConsent, HoldsItsMessagesUntilTheFileCanBeReadAgain) {
  Site site;
  const std::string file = site.add_butler("butler");
  site.configure({.destination = to(closed_port()), .butlers = reported(file)});
  site.start();
  ASSERT_TRUE(site.ledger_has("queued", 1));

  std::filesystem::rename(file, file + ".kept");
  GetParam().spoil(file);
  ASSERT_TRUE(site.ledger_has("held", 1)) << GetParam().name;
  EXPECT_EQ(site.status()["consent"]["butlers"][0]["decision"], "unknown");
  HttpServer server(created);
  site.configure({.destination = to(server.port()), .butlers = reported(file)});
  ASSERT_EQ(site.ctl({"config", "reload"}).exit, 0);
  EXPECT_NE(site.ctl({"report"}).exit, 0);
  ASSERT_EQ(site.submit(1), "queued");  // a program's own message is not the Butler's
  ASSERT_TRUE(site.ledger_has("delivered", 1));
  EXPECT_EQ(site.status()["ledger"]["held"], 1);

  std::filesystem::remove_all(file);
  std::filesystem::rename(file + ".kept", file);
  EXPECT_TRUE(site.ledger_has("held", 0));
  EXPECT_TRUE(site.reaches([](const Json& status) {
    return status["ledger"]["delivered"].get<int>() >= 2 && status["ledger"]["queued"] == 0;
  }));
  EXPECT_EQ(site.status()["ledger"]["withdrawn"], 0);
}

void write(const std::string& file, const char* text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  ASSERT_TRUE(out.flush());
}

INSTANTIATE_TEST_SUITE_P(
    Consent, UnknownConsent,
    testing::Values(
        Unknown{"Gone", [](const std::string&) {}},
        Unknown{"AFolder",
                [](const std::string& file) { std::filesystem::create_directory(file); }},
        Unknown{"Empty", [](const std::string& file) { write(file, ""); }},
        Unknown{"HalfWritten",
                [](const std::string& file) { write(file, "Butler:\n  heartbeat: {\n    ena"); }},
        Unknown{"WithoutButler", [](const std::string& file) { write(file, "Other: 1\n"); }}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(Consent, InTheNoticePeriodNothingIsSentUntilAFlush) {
  HttpServer server(created);
  Site site;
  site.configure({.destination = to(server.port()),
                  .telemetry = "noticePeriod: 24h",
                  .butlers = reported(site.add_butler("butler"))});
  site.start();
  ASSERT_EQ(site.submit(1), "queued");
  ASSERT_TRUE(site.ledger_has("queued", 2));
  EXPECT_EQ(site.status()["condition"], "notice");
  EXPECT_FALSE(site.status()["consent"]["noticeUntil"].is_null());
  site.kill9();
  site.start();
  ASSERT_TRUE(site.becomes("notice"));
  EXPECT_EQ(server.connections(), 0U);

  EXPECT_EQ(site.ctl({"flush", "--wait"}).exit, 0);
  ASSERT_TRUE(site.ledger_has("delivered", 2));
  site.kill9();
  site.start();
  ASSERT_EQ(site.submit(2), "queued");  // it is over for good
  EXPECT_TRUE(site.ledger_has("delivered", 3));
}

}  // namespace
}  // namespace reporterd
