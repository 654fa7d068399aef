// Starts that cannot succeed, and starts that are interrupted.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <sstream>

#include "tests/e2e/site.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

// The lines that are not log lines.
std::vector<std::string> complaints(const std::string& output) {
  std::vector<std::string> lines;
  std::istringstream text(output);
  for (std::string line; std::getline(text, line);) {
    if (line.find("reporterd: ") == 0) {
      lines.push_back(line);
    } else {
      EXPECT_EQ(line.find('<'), 0U) << line;
    }
  }
  return lines;
}

// It ends with exit code 1 and one line that names the place and what to do.
void expect_no_start(const Arguments& command, const std::string& place,
                     const std::string& remedy) {
  const Ended ended = run(command);
  EXPECT_EQ(ended.exit, 1) << ended.output;
  const std::vector<std::string> lines = complaints(ended.output);
  ASSERT_EQ(lines.size(), 1U) << ended.output;
  EXPECT_NE(lines[0].find(place), std::string::npos) << lines[0];
  EXPECT_NE(lines[0].find(remedy), std::string::npos) << lines[0];
}

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

TEST(Start, AStateFolderThatCannotBeMadeIsNamed) {
  const Site site;
  Arguments command = site.command();
  command[4] = site / "not/there";
  expect_no_start(command, site / "not/there", "--state-dir");
  EXPECT_FALSE(fs::exists(site / "not"));
}

TEST(Start, ATerminationOnTheWayEndsItInOrder) {
  Site site;
  site.configure({.butlers = reported(site.add_butler("butler"))});
  for (int i = 0; i < 20; ++i) {
    Program program(site.command());
    if (i % 2 == 0) {  // its first line; from then on signals are heard
      ASSERT_TRUE(program.wait_until([&] { return !program.output().empty(); }));
    }
    program.signal(SIGTERM);
    const auto exit = program.wait();
    if (i % 2 == 0) {
      EXPECT_EQ(exit, 0) << program.output();
      EXPECT_NE(program.output().find("stopped; "), std::string::npos) << program.output();
    } else {
      EXPECT_TRUE(exit == 0 || exit == 128 + SIGTERM) << *exit << program.output();
    }
    EXPECT_FALSE(fs::exists(site / "run/submit/socket"));
    EXPECT_FALSE(fs::exists(site / "run/control/socket"));
  }
  site.start();
  EXPECT_EQ(site.submit(1), "queued");
  EXPECT_TRUE(site.ledger_has("queued", 2));
}

}  // namespace
}  // namespace reporterd
