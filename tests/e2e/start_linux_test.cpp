// Starts that the journal hears of, whose sockets cannot be made, or that are ended at once.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "tests/e2e/no_start.h"
#include "tests/e2e/site.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

Arguments with_sockets_in(const Site& site, const std::string& folder) {
  Arguments command = site.command();
  command.back() = folder;
  return command;
}

TEST(Start, WhatStopsItIsAnErrorForTheJournal) {
  const Site site;
  site.write("reporterd.yaml", "nonsense: [");
  const Ended ended = run(site.command(), {"JOURNAL_STREAM=8:1"});
  EXPECT_EQ(ended.exit, 78);
  EXPECT_TRUE(ended.output.starts_with("<3>reporterd: ")) << ended.output;
}

TEST(Start, ASocketPathThatIsTooLongIsNamed) {
  const Site site;
  const std::string folder = site / std::string(120, 'x');
  expect_no_start(with_sockets_in(site, folder), folder + "/submit/socket", "--socket-dir");
  EXPECT_FALSE(fs::exists(folder));
}

TEST(Start, WhatIsInTheWayOfASocketIsNamedAndLeftAlone) {
  for (const char* socket : {"run/submit/socket", "run/control/socket"}) {
    Site site;
    site.write(socket, "somebody's");
    expect_no_start(site.command(), site / socket, "move it");
    EXPECT_EQ(fs::file_size(site / socket), 10U);
    fs::remove(site / socket);
    fs::create_directory(site / socket);
    expect_no_start(site.command(), site / socket, "move it");
    EXPECT_TRUE(fs::is_directory(site / socket));
    fs::remove(site / socket);
    site.start();
    EXPECT_EQ(site.submit(1), "queued");
  }
}

TEST(Start, AFolderThatCannotBeMadeIsNamed) {
  const Site site;
  site.write("file", "");
  expect_no_start(with_sockets_in(site, site / "file"), site / "file", "--socket-dir");
  // Not even root may make folders there.
  expect_no_start(with_sockets_in(site, "/sys/reporterd-test"), "/sys/reporterd-test",
                  "--socket-dir");
}

// wine would break in the middle of starting a program.
TEST(Start, ATerminationBeforeItIsHeardEndsItToo) {
  Site site;
  site.configure({.butlers = reported(site.add_butler("butler"))});
  for (int i = 0; i < 10; ++i) {
    Program program(site.command());
    program.ask_to_stop();
    const auto exit = program.wait();
    EXPECT_TRUE(exit == 0 || exit == 128 + SIGTERM) << *exit << program.output();
    EXPECT_FALSE(fs::exists(site / "run/submit/socket"));
    EXPECT_FALSE(fs::exists(site / "run/control/socket"));
  }
  site.start();
  EXPECT_EQ(site.submit(1), "queued");
  EXPECT_TRUE(site.ledger_has("queued", 2));
}

}  // namespace
}  // namespace reporterd
