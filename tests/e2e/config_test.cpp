// The configuration file of the real programs: right, wrong, changed while running.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/e2e/site.h"
#include "tests/e2e/this_system.h"
#include "tests/support/http_server.h"

namespace reporterd {
namespace {

std::ptrdiff_t lines_in(const std::string& text) {
  return std::ranges::count(text, '\n');
}

TEST(Config, ABrokenFileEndsTheStartWith78AndOneLineThatNamesThePlace) {
  Site site;
  for (const auto& [text, place] :
       {std::pair{"telemetry: {\n", ":"}, std::pair{"\nretry: { bass: 1s }\n", ":2"},
        std::pair{"\n\noutbox: { maxAge: soon }\n", ":3"},
        std::pair{"destination: { url: \"http://example.com/\" }\n", ":1"}}) {
    site.write("reporterd.yaml", text);
    for (const bool check : {true, false}) {
      Arguments command = site.command();
      if (check) {
        command.emplace_back("--check");
      }
      const Ended ended = run(command);
      EXPECT_EQ(ended.exit, 78) << ended.output;
      EXPECT_EQ(lines_in(ended.output), 1) << ended.output;
      EXPECT_NE(ended.output.find((site / "reporterd.yaml") + place), std::string::npos)
          << ended.output;
    }
  }
  site.write("reporterd.yaml", "");
  Arguments check = site.command();
  check.emplace_back("--check");
  EXPECT_EQ(run(check).exit, 0);
}

TEST(Config, AMissingFileIsAConfigurationError) {
  Site site;
  std::filesystem::remove(site / "reporterd.yaml");
  const Ended ended = run(site.command());
  EXPECT_EQ(ended.exit, 78);
  EXPECT_EQ(lines_in(ended.output), 1) << ended.output;
}

TEST(Config, AReloadOfABrokenFileKeepsTheOldOneInForce) {
  Site site;
  site.configure({.destination = to(closed_port())});
  site.start();
  const std::string before = site.call("config.show")["result"]["yaml"];
  site.write("reporterd.yaml", "retry: { base: never }\n");
  const Ended reload = site.ctl({"config", "reload"});
  EXPECT_EQ(reload.exit, 1);
  EXPECT_NE(reload.output.find("reporterd.yaml:1"), std::string::npos) << reload.output;
  EXPECT_EQ(site.call("config.show")["result"]["yaml"], before);
  EXPECT_EQ(site.submit(1), "queued");
  EXPECT_EQ(site.ctl({"config", "check"}).exit, 1);
}

TEST(Config, AFileItNamesThatCannotBeUsedEndsTheStartWith78) {
  Site site;
  site.write("ca.pem", "no certificate");
  const std::string ca = R"(url: "https://localhost:1/", caFile: ')" + (site / "ca.pem") + "'";
  for (const auto& [sections, key, file] :
       {std::tuple{Sections{.destination = ca}, "destination.caFile", site / "ca.pem"},
        std::tuple{Sections{.rest = "log: { file: logs/a.log }"}, "log.file", site / "logs"}}) {
    site.configure(sections);
    for (const bool check : {true, false}) {
      Arguments command = site.command();
      if (check) {
        command.emplace_back("--check");
      }
      const Ended ended = run(command);
      EXPECT_EQ(ended.exit, 78) << ended.output;
      EXPECT_EQ(lines_in(ended.output), 1) << ended.output;
      EXPECT_NE(ended.output.find(key), std::string::npos) << ended.output;
      EXPECT_NE(ended.output.find(file), std::string::npos) << ended.output;
    }
    EXPECT_EQ(site.ctl({"config", "check", site / "reporterd.yaml"}).exit, 1);
  }
  EXPECT_FALSE(std::filesystem::exists(site / "logs"));
}

TEST(Config, AReloadThatNamesAFileThatCannotBeUsedKeepsTheOldOneInForce) {
  Site site;
  site.configure({.destination = to(closed_port())});
  site.start();
  const std::string before = site.call("config.show")["result"]["yaml"];
  site.configure({.destination = R"(url: "https://localhost:1/", caFile: none.pem)"});
  const Ended reload = site.ctl({"config", "reload"});
  EXPECT_EQ(reload.exit, 1);
  EXPECT_NE(reload.output.find("destination.caFile: " + (site / "none.pem")), std::string::npos)
      << reload.output;
  EXPECT_EQ(site.ctl({"config", "check"}).exit, 1);
  EXPECT_EQ(site.call("config.show")["result"]["yaml"], before);
  // An owner's "off" needs no certificate.
  site.configure({.destination = R"(url: "https://localhost:1/", caFile: none.pem)",
                  .telemetry = "enabled: false"});
  EXPECT_EQ(site.ctl({"config", "reload"}).exit, 0);
  EXPECT_TRUE(site.becomes("off"));
}

TEST(Config, AnOwnersOffCountsThoughTheKeyIsGone) {
  Site site;
  site.write("key", "0123");
  Sections sections{.destination = to(closed_port()) + ", functionKeyFile: key"};
  site.configure(sections);
  site.start();
  ASSERT_EQ(site.submit(1), "queued");
  std::filesystem::remove(site / "key");
  sections.telemetry = "enabled: false";
  site.configure(sections);
  const Ended reload = site.ctl({"config", "reload"});
  EXPECT_EQ(reload.exit, 0) << reload.output;
  EXPECT_TRUE(site.becomes("off"));
  EXPECT_TRUE(site.ledger_has("withdrawn", 1));
}

TEST(Config, WhatAReloadAcceptsTheNextStartAcceptsThoughTheLogCannotBeWritten) {
  Site site;
  for (const std::string& log : {site / "gone/log", site / "", site / std::string(300, 'l')}) {
    const std::string rest = fmt::format("log: {{file: '{}'}}\n", log);
    site.configure({.destination = to(closed_port())});
    site.start();
    ASSERT_EQ(site.submit(1), "queued");
    site.configure({.telemetry = "enabled: false", .rest = rest});
    Arguments check = site.command();
    check.emplace_back("--check");
    EXPECT_EQ(run(check).exit, 0) << log;
    EXPECT_EQ(site.ctl({"config", "check", site / "reporterd.yaml"}).exit, 0) << log;
    EXPECT_EQ(site.ctl({"config", "check"}).exit, 0) << log;
    site.kill9();
    site.start();
    EXPECT_TRUE(site.becomes("off")) << log;
    EXPECT_TRUE(site.ledger_has("withdrawn", 1)) << log;
    EXPECT_NE(site.reporterd().output().find(warning_mark + "log.file: "), std::string::npos)
        << site.reporterd().output();
    EXPECT_FALSE(std::filesystem::exists(site / "gone"));
    // The file is not in use, so that it counts after a restart.
    EXPECT_EQ(site.call("config.reload")["result"]["needsRestart"], Json({"log.file"})) << log;
    site.configure({.rest = rest});
    EXPECT_EQ(run(site.command()).exit, 78) << log;
    EXPECT_EQ(site.stop(), 0);
    std::filesystem::remove_all(site / "state");
  }
}

TEST(Config, AReloadTellsAllThatCountsNowAndAllThatWaitsForARestart) {
  Site site;
  site.start();
  site.configure({.rest = "outbox: { maxBytes: 32MiB, maxMessageBytes: 32KiB }"});
  const Json both = site.call("config.reload")["result"];
  EXPECT_EQ(both["applied"], Json({"outbox"}));
  EXPECT_EQ(both["needsRestart"], Json({"outbox.maxMessageBytes"}));
  site.configure({.rest = "outbox: { maxBytes: 32MiB, maxMessageBytes: 16KiB }"});
  const Json one = site.call("config.reload")["result"];
  EXPECT_EQ(one["applied"], Json::array());
  EXPECT_EQ(one["needsRestart"], Json({"outbox.maxMessageBytes"}));
}

TEST(Config, AReloadTellsWhichLimitsCountNowAndWhichWaitForARestart) {
  Site site;
  site.start();
  for (const auto& [limits, applied, needs_restart] :
       {std::tuple{"responseBytes: 2MiB", Json({"limits"}), Json::array()},
        std::tuple{"responseBytes: 2MiB, keyBytes: 8MiB", Json({"limits"}), Json::array()},
        std::tuple{"responseBytes: 2MiB, keyBytes: 8MiB, connections: 65", Json::array(),
                   Json({"limits"})},
        std::tuple{"lineBytes: 512KiB", Json({"limits"}), Json({"limits"})}}) {
    site.configure({.rest = fmt::format("limits: {{ {} }}", limits)});
    const Json told = site.call("config.reload")["result"];
    EXPECT_EQ(told["applied"], applied) << limits;
    EXPECT_EQ(told["needsRestart"], needs_restart) << limits;
  }
}

TEST(Config, AReloadDoesNotTellOfANoticePeriodThatIsOver) {
  Site site;
  site.configure({.destination = to(closed_port()), .telemetry = "noticePeriod: 30ms"});
  site.start();
  ASSERT_TRUE(site.becomes("idle"));
  const std::size_t before = site.reporterd().output().size();
  for (const char* destination : {"timeout: 59s", "timeout: 58s", "timeout: 57s"}) {
    site.configure(
        {.destination = to(closed_port()) + ", " + destination, .telemetry = "noticePeriod: 30ms"});
    ASSERT_TRUE(site.call("config.reload").contains("result"));
  }
  EXPECT_EQ(site.reporterd().output().find("notice", before), std::string::npos)
      << site.reporterd().output();
  EXPECT_EQ(site.status()["condition"], "idle");
}

TEST(Config, IsInForceBeforeAnybodyCanAsk) {
  Site site;
  site.configure({.destination = to(closed_port())});
  for (int i = 0; i < 5; ++i) {
    site.start();
    EXPECT_EQ(site.status()["condition"], "idle");
    site.kill9();
    EXPECT_EQ(site.reporterd().output().find("no destination"), std::string::npos);
  }
}

TEST(Config, WithoutADestinationMessagesAreKeptAndStatusSaysWhatIsMissing) {
  Site site;
  site.start();
  EXPECT_EQ(site.submit(1), "queued");
  EXPECT_EQ(site.status()["condition"], "no destination");
  EXPECT_NE(site.status()["why"].get<std::string>().find("destination.url"), std::string::npos);
  EXPECT_NE(site.status()["reports"]["whyMissing"].get<std::string>().find("butlers"),
            std::string::npos);
  EXPECT_EQ(site.ctl({"flush", "--wait"}).exit, 1);
  EXPECT_TRUE(site.ledger_has("queued", 1));
}

TEST(Config, EveryProgramTellsItsVersion) {
  for (const char* program : {"reporterd", "reporterctl", "reporter-collector"}) {
    const Ended version = run({built_program(program), "--version"});
    EXPECT_EQ(version.exit, 0);
    EXPECT_EQ(version.output.find(std::string(program) + " 0."), 0U) << version.output;
  }
}

TEST(Config, AWrongUseOfReporterdIsOneLineAndExitsWith2) {
  const Ended ended = run({built_program("reporterd"), "--chek"});
  EXPECT_EQ(ended.exit, 2);
  EXPECT_TRUE(ended.output.starts_with("reporterd: ")) << ended.output;
  EXPECT_TRUE(ended.output.ends_with("; see reporterd --help\n")) << ended.output;
  EXPECT_EQ(lines_in(ended.output), 1) << ended.output;
}

TEST(Config, ACheckNamesAButlerThatCannotBeRead) {
  Site site;
  site.configure({.butlers = reported(site / "no-butler.yaml")});
  site.start();
  for (const Arguments& asked :
       {Arguments{"config", "check"}, Arguments{"config", "check", site / "reporterd.yaml"}}) {
    const Ended checked = site.ctl(asked);
    EXPECT_EQ(checked.exit, 0) << checked.output;
    EXPECT_NE(checked.output.find("warning: " + site / "no-butler.yaml" + ": No such file"),
              std::string::npos)
        << checked.output;
  }
}

}  // namespace
}  // namespace reporterd
