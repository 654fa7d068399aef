// What only a system has where signals are heard and open files can be removed, and manual pages.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <regex>

#include "tests/e2e/site.h"
#include "tests/support/http_server.h"

namespace reporterd {
namespace {

TEST(Config, ASignalReadsTheFileAgain) {
  Site site;
  site.configure({.destination = to(closed_port())});
  site.start();
  ASSERT_EQ(site.submit(1), "queued");
  ASSERT_TRUE(site.becomes("unreachable"));
  HttpServer server([](const ReceivedRequest&) { return ServerAction{.status = 201}; });
  site.configure({.destination = to(server.port())});
  kill(site.reporterd().id(), SIGHUP);
  EXPECT_TRUE(site.ledger_has("delivered", 1));
}

TEST(Config, ASignalForABrokenFileKeepsTheOldOneInForce) {
  Site site;
  site.configure({.destination = to(closed_port())});
  site.start();
  const std::string before = site.call("config.show")["result"]["yaml"];
  site.write("reporterd.yaml", "retry: { base: never }\n");
  kill(site.reporterd().id(), SIGHUP);
  EXPECT_TRUE(site.reporterd().wait_until([&] {
    return site.reporterd().output().find("configuration in force stays") != std::string::npos;
  }));
  EXPECT_EQ(site.call("config.show")["result"]["yaml"], before);
}

TEST(Config, AnOwnersOffCountsThoughKeyAndLogFolderAreGone) {
  Site site;
  site.write("key", "0123");
  std::filesystem::create_directory(site / "logs");
  Sections sections{.destination = to(closed_port()) + ", functionKeyFile: key",
                    .rest = fmt::format("log: {{file: '{}'}}\n", site / "logs/log")};
  site.configure(sections);
  site.start();
  ASSERT_EQ(site.submit(1), "queued");
  std::filesystem::remove_all(site / "logs");
  std::filesystem::remove(site / "key");
  sections.telemetry = "enabled: false";
  site.configure(sections);
  const Ended reload = site.ctl({"config", "reload"});
  EXPECT_EQ(reload.exit, 0) << reload.output;
  EXPECT_TRUE(site.becomes("off"));
  EXPECT_TRUE(site.ledger_has("withdrawn", 1));
}

TEST(ManualPages, NameEveryOptionOfTheirPrograms) {
  const std::regex option("--[a-z][a-z-]+");
  for (const auto& [words, page] : std::initializer_list<std::pair<Arguments, std::string>>{
           {{"reporterd"}, "reporterd.8"},
           {{"reporterctl"}, "reporterctl.1"},
           {{"reporter-collector", "serve"}, "reporter-collector.8"},
           {{"reporter-collector", "query"}, "reporter-collector.8"}}) {
    Arguments command = words;
    command.front() = built_program(words.front());
    command.emplace_back("--help");
    const std::string help = run(command).output;
    const std::string text = contents(SOURCE_DIR "/docs/man/" + page);
    for (std::sregex_iterator at(help.begin(), help.end(), option); at != std::sregex_iterator();
         ++at) {
      EXPECT_NE(text.find("Fl " + at->str().substr(1)), std::string::npos)
          << page << " has no " << at->str();
    }
  }
}

}  // namespace
}  // namespace reporterd
