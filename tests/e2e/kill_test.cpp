// kill -9 at moments nobody chose: what was acknowledged is there afterwards, and nothing is
// stored twice. REPORTERD_KILLS=N kills more often, REPORTERD_SEED=N repeats the moments.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <thread>

#include "tests/e2e/site.h"
#include "tests/support/http_server.h"

namespace reporterd {
namespace {

// Hands in messages from `first` on, pipelined, until the connection breaks. What was acknowledged
// goes to `acknowledged`; the number behind the last one that was handed in.
int submit_until_it_breaks(const Site& site, int first, std::set<int>& acknowledged) {
  constexpr int ahead = 32;
  LocalClient client = site.client("submit");
  int next = first;
  for (int i = 0; i < ahead && client.send(submit_line(next)); ++i) {
    ++next;
  }
  while (const auto answer = client.line()) {
    const Json json = Json::parse(*answer);
    if (json.contains("result")) {
      acknowledged.insert(json["id"].get<int>());
    } else {
      ADD_FAILURE() << *answer;
    }
    if (client.connected() && client.send(submit_line(next))) {
      ++next;
    }
  }
  return next;
}

testing::AssertionResult drained(const Site& site) {
  return site.reaches([](const Json& status) { return status["ledger"]["queued"] == 0; },
                      std::chrono::minutes(5));
}

TEST(Kill9, AtRandomMomentsLosesNothingAcknowledgedAndStoresNothingTwice) {
  const int kills = number_of("REPORTERD_KILLS", 20);
  const auto seed = static_cast<unsigned>(
      number_of("REPORTERD_SEED", static_cast<int>(std::random_device()() >> 1U)));
  SCOPED_TRACE(fmt::format("REPORTERD_SEED={}", seed));
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> moment(1, 150);
  Site site;
  const std::uint16_t port = closed_port();
  site.start_collector(port, {"--rate", "0"});
  site.configure({.destination = to(port)});
  std::set<int> acknowledged;
  int next = 0;
  for (int i = 0; i < kills; ++i) {
    site.start();
    std::thread load([&] { next = submit_until_it_breaks(site, next, acknowledged); });
    site.reporterd().wait_until([] { return false; }, std::chrono::milliseconds(moment(random)));
    site.kill9();
    load.join();
    if (i % 25 == 24) {  // many kills would fill the outbox
      site.start();
      ASSERT_TRUE(drained(site));
      site.kill9();
    }
  }
  site.start();
  ASSERT_TRUE(drained(site));
  EXPECT_EQ(site.status()["ledger"]["balances"], true);
  EXPECT_EQ(site.status()["ledger"]["lost"], 0);
  EXPECT_GE(acknowledged.size(), static_cast<std::size_t>(kills));

  std::multiset<std::string> stored;
  for (const Json& row : site.rows()) {
    stored.insert(row["ts"].get<std::string>());
  }
  for (const int number : acknowledged) {
    const std::string ts = Json::parse(message(number))["ts"];
    EXPECT_EQ(stored.count(ts), 1U) << "message " << number << " of " << next;
  }
  EXPECT_EQ(std::set<std::string>(stored.begin(), stored.end()).size(), stored.size());
  EXPECT_LE(stored.size(), static_cast<std::size_t>(next));
}

}  // namespace
}  // namespace reporterd
