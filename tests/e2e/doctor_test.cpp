// reporterctl doctor, with the service up and down.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/e2e/site.h"
#include "tests/e2e/this_system.h"
#include "tests/support/http_server.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

class DoctorTest : public testing::Test {
 protected:
  DoctorTest() {
    fs::permissions(site_.path(), fs::perms::owner_all);
    fs::create_directory(site_ / "state");
    fs::permissions(site_ / "state", fs::perms::owner_all);
  }

  void configure(std::uint16_t port) {
    site_.configure({.destination = to(port)});
    fs::permissions(site_ / "reporterd.yaml", fs::perms::owner_read | fs::perms::owner_write);
  }

  Ended offline(const Arguments& more = {}) const {
    Arguments arguments = {"doctor", "--config", site_ / "reporterd.yaml", "--state-dir",
                           site_ / "state"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return site_.ctl(arguments);
  }

  static testing::AssertionResult says(const Ended& ended, const std::string& words) {
    return ended.output.find(words) != std::string::npos
               ? testing::AssertionSuccess()
               : testing::AssertionFailure() << ended.output;
  }

  Site site_;
};

TEST_F(DoctorTest, FindsNothingWrongAndSendsNothing) {
  HttpServer server([](const ReceivedRequest&) { return ServerAction{}; });
  configure(server.port());
  site_.start();
  const Ended ended = site_.ctl({"doctor"});
  EXPECT_TRUE(nothing_is_wrong(ended));
  EXPECT_TRUE(says(ended, "a connection can be made"));
  EXPECT_TRUE(says(ended, "every page is sound"));
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(DoctorTest, SaysThatTheEndpointCannotBeReached) {
  configure(closed_port());
  site_.start();
  const Ended ended = site_.ctl({"doctor"});
  EXPECT_EQ(ended.exit, 1) << ended.output;
  EXPECT_TRUE(says(ended, "no connection: "));
}

TEST_F(DoctorTest, ConnectsNowhereWhileTelemetryIsOff) {
  HttpServer server([](const ReceivedRequest&) { return ServerAction{}; });
  site_.configure({.destination = to(server.port()), .telemetry = "enabled: false"});
  site_.start();
  EXPECT_TRUE(says(site_.ctl({"doctor"}), "not tried: nothing may be sent now (off)"));
  EXPECT_EQ(server.connections(), 0U);
}

TEST_F(DoctorTest, LooksByItselfWhileTheServiceIsDownAndRepairs) {
  configure(closed_port());
  site_.start();
  EXPECT_EQ(site_.submit(1), "queued");
  EXPECT_EQ(site_.stop(), 0);
  EXPECT_TRUE(nothing_is_wrong(offline()));
  {
    std::fstream file(site_ / "state/outbox.db", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096 + 3);
    file << std::string(4, '\xff');
  }
  const Ended damaged = offline();
  EXPECT_EQ(damaged.exit, 8) << damaged.output;
  EXPECT_TRUE(says(damaged, "reporterctl doctor --repair"));
  const Ended repaired = offline({"--repair"});
  EXPECT_TRUE(nothing_is_wrong(repaired));
  EXPECT_TRUE(says(repaired, "messages salvaged: 1, lost: 0"));
  site_.start();
  EXPECT_EQ(site_.status()["ledger"]["queued"], 1);
}

TEST_F(DoctorTest, RepairsNoOutboxThatTheServiceUses) {
  configure(closed_port());
  site_.start();
  EXPECT_TRUE(says(offline({"--repair"}), "reporterd runs"));
  EXPECT_EQ(site_.submit(1), "queued");
}

}  // namespace
}  // namespace reporterd
