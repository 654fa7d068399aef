// reporterctl support-bundle and the flight record in it, with the service up, killed, and off.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>

#include "tests/e2e/site.h"
#include "tests/support/http_server.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

class SupportBundle : public testing::Test {
 protected:
  std::string bundle(const Arguments& more = {}) const {
    Arguments arguments = {"support-bundle", site_ / "bundle.txt"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    fs::remove(site_ / "bundle.txt");
    const Ended ended = site_.ctl(arguments);
    EXPECT_EQ(ended.exit, 0) << ended.output;
    EXPECT_TRUE(std::regex_search(
        ended.output, std::regex("bundle.txt: [0-9]+ KiB of text; read it before you give it")))
        << ended.output;
    return contents(site_ / "bundle.txt");
  }
  std::string offline_bundle() const {
    return bundle({"--config", site_ / "reporterd.yaml", "--state-dir", site_ / "state"});
  }
  Ended replay() const { return run({built_program("replay"), site_ / "bundle.txt"}); }

  static testing::AssertionResult has(const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos ? testing::AssertionSuccess()
                                                 : testing::AssertionFailure()
                                                       << words << " is not in:\n"
                                                       << text;
  }

  Site site_;
  HttpServer server_{[](const ReceivedRequest&) { return ServerAction{.status = 201}; }};
};

TEST_F(SupportBundle, TellsAllThatAHelperNeedsAndNoSecret) {
  site_.write("key", "marked-key\n");
  site_.configure({.destination = fmt::format(
                       "url: \"http://127.0.0.1:{}/?code=marked-query\", functionKeyFile: {}",
                       server_.port(), site_ / "key")});
  site_.start();
  EXPECT_EQ(site_.submit(1), "queued");
  EXPECT_TRUE(site_.ledger_has("delivered", 1));
  const std::string text = bundle();
  for (const char* words : {"== versions\nreporterctl ", "\nreporterd ", "\nSQLite 3.",
                            "\nlibcurl/", "\nlibuv ", "\n== status\n{", "\"delivered\": 1",
                            "\n== doctor\n", "\n== configuration\n", "?...", "\n== flight record\n",
                            "begin ", "state base=", " leased messages=1:", "verdicts=delivered"}) {
    EXPECT_TRUE(has(text, words));
  }
  for (const std::string& secret : {std::string("marked"), sample_id, std::string("instanceId")}) {
    EXPECT_FALSE(has(text, secret)) << text;
  }
}

TEST_F(SupportBundle, TellsNoKeyThatStandsWhereTheNameOfItsFileBelongs) {
  site_.configure({.destination = to(server_.port()) + ", functionKeyFile: \"marked==\""});
  EXPECT_FALSE(has(offline_bundle(), "marked"));
}

TEST_F(SupportBundle, NamesNoKeyOutOfAButlersFile) {
  const std::string file = site_.add_butler("butler");
  site_.write("butler/config/production.yaml",
              "Butler:\n  restServerEndpointsEnable:\n    marked name: true\n");
  site_.configure({.butlers = reported(file)});
  site_.start();
  EXPECT_TRUE(site_.reaches([](const Json& status) { return !status["warnings"].empty(); }));
  const std::string text = bundle();
  EXPECT_TRUE(has(text, "1 left out here"));
  EXPECT_FALSE(has(text, "marked"));
}

TEST_F(SupportBundle, NeverWritesOverAFile) {
  site_.start();
  site_.write("bundle.txt", "something dear");
  const Ended ended = site_.ctl({"support-bundle", site_ / "bundle.txt"});
  EXPECT_EQ(ended.exit, 1) << ended.output;
  EXPECT_TRUE(has(ended.output, "is there already"));
  EXPECT_EQ(contents(site_ / "bundle.txt"), "something dear");
  EXPECT_TRUE(has(site_.ctl({"support-bundle", "-"}).output, "\n== flight record\n"));
}

TEST_F(SupportBundle, HoldsTheStepsBeforeAKillAndAReplayDecidesTheSame) {
  site_.configure({.destination = to(server_.port())});
  for (int life = 1; life <= 3; ++life) {
    site_.start();
    EXPECT_EQ(site_.submit(life), "queued");
    EXPECT_TRUE(site_.ledger_has("delivered", life));
    site_.kill9();
  }
  const std::string text = offline_bundle();
  EXPECT_TRUE(has(text, "not asked, as you wished"));
  EXPECT_TRUE(has(text, "messages=3:"));
  const Ended replayed = replay();
  EXPECT_EQ(replayed.exit, 0) << replayed.output;
  EXPECT_TRUE(has(replayed.output, "    -> settle seq=3 how=delivered"));
  EXPECT_TRUE(has(replayed.output, " steps, same decisions"));
}

TEST_F(SupportBundle, HoldsNothingOfTheTimeBeforeTelemetryWasSwitchedOff) {
  site_.configure({.destination = to(server_.port())});
  site_.start();
  EXPECT_EQ(site_.submit(1), "queued");
  EXPECT_TRUE(site_.ledger_has("delivered", 1));
  site_.configure({.destination = to(server_.port()), .telemetry = "enabled: false"});
  EXPECT_EQ(site_.ctl({"config", "reload"}).exit, 0);
  EXPECT_TRUE(bundle().ends_with("\n== flight record\noff\n"));
  EXPECT_EQ(contents(site_ / "state/flight-0.log").find("messages"), std::string::npos);
  EXPECT_EQ(contents(site_ / "state/flight-1.log").find("messages"), std::string::npos);
}

TEST_F(SupportBundle, IsMadeWithoutAFlightRecordWhereNoneCanBeKept) {
  fs::create_directories(site_ / "state/flight-0.log");
  site_.configure({.destination = to(server_.port())});
  site_.start();
  EXPECT_EQ(site_.submit(1), "queued");
  EXPECT_TRUE(site_.ledger_has("delivered", 1));
  EXPECT_TRUE(has(site_.reporterd().output(), "nothing is recorded for a support bundle"));
  EXPECT_TRUE(has(bundle(), "== flight record\n# none: no flight record is kept: "));
}

TEST_F(SupportBundle, HoldsNothingOfTheTimeBeforeOffEvenWhereTheRecordCannotBeKeptAnyMore) {
  site_.configure({.destination = to(server_.port())});
  site_.start();
  EXPECT_EQ(site_.submit(1), "queued");
  EXPECT_TRUE(site_.ledger_has("delivered", 1));
  site_.kill9();
  const bool first = contents(site_ / "state/flight-0.log").find("messages") != std::string::npos;
  fs::remove(site_ / (first ? "state/flight-1.log" : "state/flight-0.log"));
  fs::create_directories(site_ / (first ? "state/flight-1.log/x" : "state/flight-0.log/x"));
  site_.configure({.destination = to(server_.port()), .telemetry = "enabled: false"});
  site_.start();
  EXPECT_FALSE(fs::exists(site_ / (first ? "state/flight-0.log" : "state/flight-1.log")));
}

}  // namespace
}  // namespace reporterd
