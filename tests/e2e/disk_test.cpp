// Outboxes that are full, used twice, damaged or foreign.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>

#include "tests/e2e/no_start.h"
#include "tests/e2e/site.h"
#include "tests/support/http_server.h"

namespace reporterd {
namespace {

TEST(Disk, AnOutboxAtItsLimitRefusesNewMessagesAndKeepsTheOldOnes) {
  Site site;
  HttpServer server(created);
  const std::string small = "outbox: { maxBytes: 1MiB }";
  site.configure({.destination = to(closed_port()), .rest = small});
  site.start();
  LocalClient client = site.client("submit");
  int taken = 0;
  int refused = 0;
  for (int next = 0; refused == 0 && next < 20'000;) {
    constexpr int together = 100;
    for (int i = 0; i < together; ++i) {
      ASSERT_TRUE(client.send(submit_line(next++)));
    }
    for (int i = 0; i < together; ++i) {
      const Json answer = Json::parse(client.line().value_or("null"));
      ASSERT_TRUE(answer.is_object());
      ++(answer.contains("result") ? taken : refused);
      EXPECT_TRUE(answer.contains("result") || answer["error"]["code"] == -32005);
    }
  }
  EXPECT_GT(taken, 500);
  EXPECT_GT(refused, 0);
  EXPECT_TRUE(site.ledger_has("queued", taken));
  site.configure({.destination = to(server.port()) + ", batch: 100", .rest = small});
  ASSERT_EQ(site.ctl({"config", "reload"}).exit, 0);
  ASSERT_TRUE(site.ledger_has("delivered", taken));
  EXPECT_EQ(site.submit(99'999), "queued");
}

TEST(Disk, AnOutboxInUseIsRefusedToASecondReporterd) {
  Site site;
  site.start();
  ASSERT_EQ(site.submit(1), "queued");
  expect_refused(site, "another reporterd");
  EXPECT_EQ(site.submit(2), "queued");  // its sockets are still those of the first
}

TEST(Disk, AnOutboxOfANewerReporterdIsRefusedAndLeftAlone) {
  Site site;
  site.start();
  ASSERT_EQ(site.submit(1), "queued");
  ASSERT_EQ(site.stop(), 0);
  const std::string file = site / "state/outbox.db";
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database,
                         "PRAGMA user_version = 99;"
                         "UPDATE meta SET value = 99 WHERE name = 'min_reader_version'",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(database);
  const std::string bytes = contents(file);
  expect_refused(site, "newer");
  EXPECT_EQ(contents(file), bytes);
}

TEST(Disk, AFileOfAnotherProgramIsRefusedAndLeftAlone) {
  Site site;
  site.start();
  ASSERT_EQ(site.stop(), 0);
  std::string bytes = contents(site / "state/outbox.db");
  bytes.replace(68, 4, "XYZW");  // the application id
  Site other;
  other.write("state/outbox.db", bytes);
  expect_refused(other, "not an outbox");
  EXPECT_EQ(contents(other / "state/outbox.db"), bytes);
}

TEST(Disk, ADamagedOutboxIsSetAsideAndNamed) {
  Site site;
  site.start();
  ASSERT_EQ(site.submit(1), "queued");
  ASSERT_EQ(site.stop(), 0);
  const std::string file = site / "state/outbox.db";
  std::string bytes = contents(file);
  bytes.replace(4096, bytes.size() - 4096, bytes.size() - 4096, '\x5a');
  site.write("state/outbox.db", bytes);
  site.start();
  const Json status = site.status();
  ASSERT_TRUE(status["storage"]["setAside"].is_string()) << status.dump();
  EXPECT_EQ(contents(status["storage"]["setAside"]), bytes);
  EXPECT_NE(site.reporterd().output().find(status["storage"]["setAside"].get<std::string>()),
            std::string::npos);
  EXPECT_EQ(site.submit(2), "queued");
  EXPECT_TRUE(site.ledger_has("queued", 1));
}

}  // namespace
}  // namespace reporterd
