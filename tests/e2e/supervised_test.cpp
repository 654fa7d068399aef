// What a service manager hears of the real program.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

#include "tests/e2e/site.h"
#include "tests/support/notify_socket.h"

namespace reporterd {
namespace {

using Notes = std::vector<std::string>;

class SupervisedTest : public testing::Test {
 protected:
  Arguments environment(const std::string& watchdog_usec = "") const {
    return {"NOTIFY_SOCKET=" + site_ / "notify", "WATCHDOG_USEC=" + watchdog_usec};
  }
  static bool has(const Notes& notes, const std::string& note) {
    return std::ranges::find(notes, note) != notes.end();
  }

  Site site_;
  NotifySocket manager_{site_ / "notify"};
};

TEST_F(SupervisedTest, TellsThatItServesAndHowItIs) {
  site_.configure({});
  site_.start(environment());
  const Notes notes = manager_.until("READY=1");
  ASSERT_EQ(notes.back(), "READY=1");
  EXPECT_EQ(notes.front(), "EXTEND_TIMEOUT_USEC=60000000");
  EXPECT_EQ(notes.at(notes.size() - 2),
            "STATUS=no destination: no destination.url is configured; messages are kept");
  EXPECT_EQ(site_.stop(), 0);
  EXPECT_EQ(manager_.until("STOPPING").back(), "STOPPING=1");
}

TEST_F(SupervisedTest, ServesWhenItSaysSo) {
  site_.configure({});
  Program reporterd(site_.command(), environment());
  ASSERT_EQ(manager_.until("READY=1").back(), "READY=1");
  EXPECT_TRUE(site_.client().connected());
  EXPECT_TRUE(site_.client("submit").connected());
}

TEST_F(SupervisedTest, TellsOfAReloadAndOfWhatCameOfIt) {
  site_.configure({});
  site_.start(environment());
  manager_.until("READY=1");
  site_.configure({.telemetry = "enabled: false"});
  kill(site_.reporterd().id(), SIGHUP);
  const Notes notes = manager_.until("READY=1");
  EXPECT_TRUE(notes.front().starts_with("RELOADING=1\nMONOTONIC_USEC=")) << notes.front();
  EXPECT_TRUE(notes.at(notes.size() - 2).starts_with("STATUS=off: ")) << notes.at(notes.size() - 2);
  EXPECT_EQ(notes.back(), "READY=1");

  site_.write("reporterd.yaml", "nonsense: [");
  kill(site_.reporterd().id(), SIGHUP);  // refused, and it serves as before
  EXPECT_EQ(manager_.until("READY=1").back(), "READY=1");
  EXPECT_EQ(site_.status().at("condition"), "off");
}

TEST_F(SupervisedTest, ShowsThatItLivesAsOftenAsItMust) {
  site_.configure({});
  site_.start(environment("100000"));
  for (int beat = 0; beat < 3; ++beat) {
    EXPECT_EQ(manager_.until("WATCHDOG=1").back(), "WATCHDOG=1");
  }
}

}  // namespace
}  // namespace reporterd
