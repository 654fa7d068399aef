// Starts that cannot succeed, and starts that are interrupted.
#include <gtest/gtest.h>

#include <filesystem>

#include "daemon/places.h"
#include "tests/e2e/no_start.h"
#include "tests/e2e/site.h"
#include "tests/e2e/this_system.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

TEST(Start, AStateFolderThatCannotBeMadeIsNamed) {
  const Site site;
  Arguments command = site.command();
  command[4] = site / "not/there";
  expect_no_start(command, site / "not/there", "--state-dir");
  EXPECT_FALSE(fs::exists(site / "not"));
}

TEST(Start, AStopOnTheWayEndsItInOrder) {
  Site site;
  site.configure({.butlers = reported(site.add_butler("butler"))});
  for (int i = 0; i < 10; ++i) {
    Program program(site.command());
    // Its first line; from then on a stop is heard.
    ASSERT_TRUE(program.wait_until([&] { return !program.output().empty(); }));
    program.ask_to_stop();
    EXPECT_EQ(program.wait(), 0) << program.output();
    EXPECT_NE(program.output().find("stopped; "), std::string::npos) << program.output();
    EXPECT_FALSE(socket_exists(submit_socket(socket_dir_of(site.path()))));
    EXPECT_FALSE(socket_exists(control_socket(socket_dir_of(site.path()))));
  }
  site.start();
  EXPECT_EQ(site.submit(1), "queued");
  EXPECT_TRUE(site.ledger_has("queued", 2));
}

}  // namespace
}  // namespace reporterd
