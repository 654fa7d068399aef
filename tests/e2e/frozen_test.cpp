// Programs that stand still for a while in the middle of their work (SIGSTOP), and go on.
#include <gtest/gtest.h>

#include <csignal>
#include <set>

#include "tests/e2e/site.h"
#include "tests/support/http_server.h"

namespace reporterd {
namespace {

using std::chrono::milliseconds;

// Longer than each time-out and wait that is configured below.
constexpr milliseconds still{1500};
constexpr int messages = 600;

class Frozen : public testing::Test {
 protected:
  // Everything waits, then delivery begins; returns in the middle of it.
  void begin_delivery() {
    const std::uint16_t port = closed_port();
    site_.start_collector(port, {"--rate", "0"});
    site_.configure({.destination = to(port) + ", inFlight: 2, timeout: 400ms"});
    site_.start();
    ASSERT_EQ(site_.ctl({"pause"}).exit, 0);
    LocalClient client = site_.client("submit");
    for (int i = 0; i < messages; ++i) {
      ASSERT_TRUE(client.send(submit_line(i)));
    }
    for (int i = 0; i < messages; ++i) {
      ASSERT_TRUE(Json::parse(client.line().value_or("null")).contains("result"));
    }
    ASSERT_EQ(site_.ctl({"resume"}).exit, 0);
    ASSERT_TRUE(
        site_.reaches([](const Json& status) { return status["ledger"]["delivered"] > 0; }));
  }

  void expect_each_stored_once() const {
    ASSERT_TRUE(site_.ledger_has("delivered", messages));
    std::set<std::string> stored;
    const std::vector<Json> rows = site_.rows();
    for (const Json& row : rows) {
      stored.insert(row["ts"].get<std::string>());
    }
    EXPECT_EQ(rows.size(), static_cast<std::size_t>(messages));
    EXPECT_EQ(stored.size(), rows.size());
  }

  Site site_;
};

TEST_F(Frozen, AReporterdThatStoodStillGoesOnWhereItWas) {
  begin_delivery();
  const Program& reporterd = site_.reporterd();
  kill(reporterd.id(), SIGSTOP);
  const std::size_t stored = site_.rows().size();
  EXPECT_LT(stored, static_cast<std::size_t>(messages));
  LocalClient client = site_.client();
  ASSERT_TRUE(client.send(line("status")));
  EXPECT_FALSE(client.line(still));
  EXPECT_LE(site_.rows().size(), stored + 2);  // what was on its way
  kill(reporterd.id(), SIGCONT);
  EXPECT_TRUE(client.line());
  expect_each_stored_once();
  EXPECT_EQ(site_.stop(), 0);
}

TEST_F(Frozen, ACollectorThatStandsStillIsUnreachableUntilItGoesOn) {
  begin_delivery();
  kill(site_.collector().id(), SIGSTOP);
  ASSERT_TRUE(site_.becomes("unreachable"));
  EXPECT_GT(site_.status()["ledger"]["queued"], 0);
  kill(site_.collector().id(), SIGCONT);
  expect_each_stored_once();
}

}  // namespace
}  // namespace reporterd
