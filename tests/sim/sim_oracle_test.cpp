// The oracle notices what it is there for: each test tells it of something that must not be.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "daemon/core/timestamp.h"
#include "tests/sim/sim_oracle.h"

namespace reporterd::sim {
namespace {

class OracleTest : public testing::Test {
 protected:
  static NewMessage message(const std::string& mark) {
    NewMessage message;
    message.key = {std::string(64, 'a'), wall_at(1'740'000'000'000'000)};
    message.body = body_of(message.key.instance_id, canonical_ts(message.key.ts), mark, 0);
    return message;
  }
  static Row row_of(const NewMessage& message, State state) {
    Row row;
    row.seq = 1;
    row.key = message.key;
    row.state = state;
    row.reason = "HTTP 400";
    return row;
  }

  // What was handed in at `offered` is stored and the commit succeeds.
  void store(const NewMessage& message, Moment offered) {
    Deeds deeds;
    deeds.offered = offered;
    deeds.appended = {{message.key, Appended::queued}};
    ledger.accepted = ledger.queued = 1;
    oracle.committed(std::span(&deeds, 1), ledger);
  }
  void send(const NewMessage& message) { oracle.sent({{key_text(message.key), message.body}}); }
  // The rows and the ledger of one message that has come to this.
  void compare(const NewMessage& message, State state) {
    ledger.queued = state == State::queued ? 1 : 0;
    ledger.withdrawn = state == State::withdrawn ? 1 : 0;
    oracle.compare({row_of(message, state)}, ledger);
  }
  bool noticed(std::string_view what) const {
    return oracle.violation() && oracle.violation()->find(what) != std::string::npos;
  }

  Random random{1};
  SimServer server{random};
  Oracle oracle{server};
  Ledger ledger;
  const NewMessage good = message("14.0.0");
  const NewMessage bad = message("bad");
};

TEST_F(OracleTest, ARepeatLiftsNoBanFromWhatWasStoredBeforeIt) {
  const Moment first = oracle.offered(good);
  oracle.withdrawn({.all = true, .source = {}});
  oracle.offered(good);
  store(good, first);
  send(good);
  EXPECT_TRUE(noticed("sent, though it was withdrawn"));
}

TEST_F(OracleTest, WhatComesAgainAfterAWithdrawalMayBeSent) {
  oracle.offered(good);
  oracle.withdrawn({.all = true, .source = {}});
  store(good, oracle.offered(good));
  send(good);
  EXPECT_FALSE(oracle.violation()) << *oracle.violation();
}

TEST_F(OracleTest, WhatCameAgainIsNotWithdrawnByAnEarlierWordThoughNoAnswerCame) {
  oracle.offered(good);
  oracle.withdrawn({.all = true, .source = {}});
  store(good, oracle.offered(good));
  oracle.crashed();
  compare(good, State::withdrawn);
  EXPECT_TRUE(noticed("withdrawn, though it was accepted after"));
}

TEST_F(OracleTest, WhatIsRequeuedAfterAWithdrawalWasWrittenIsNotUnderIt) {
  const WithdrawScope all{.all = true, .source = {}};
  store(good, oracle.offered(good));
  oracle.withdrawn(all);
  oracle.withdrawal_kept(all, oracle.moment());
  oracle.requeued(good.key, oracle.moment(), false);
  compare(good, State::withdrawn);
  EXPECT_TRUE(noticed("withdrawn, though it was accepted after"));
}

TEST_F(OracleTest, AWithdrawalThatIsNotWrittenYetTakesWhatIsRequeued) {
  const WithdrawScope all{.all = true, .source = {}};
  store(good, oracle.offered(good));
  oracle.withdrawn(all);
  const Moment earlier = oracle.moment();
  oracle.withdrawn(all);
  oracle.withdrawal_kept(all, earlier);
  oracle.requeued(good.key, oracle.moment(), false);
  compare(good, State::withdrawn);
  EXPECT_FALSE(oracle.violation()) << *oracle.violation();
}

TEST_F(OracleTest, WhatTheServerWouldTakeDoesNotWaitInTheEnd) {
  store(good, oracle.offered(good));
  oracle.final_check({row_of(good, State::queued)}, ledger, true);
  EXPECT_TRUE(noticed("after the quiet phase it is still queued"));
}

TEST_F(OracleTest, WhatTheServerRefusesWaitsInTheEndOnlyWhereItNeverTookAny) {
  store(bad, oracle.offered(bad));
  oracle.final_check({row_of(bad, State::queued)}, ledger, true);
  EXPECT_FALSE(oracle.violation()) << *oracle.violation();
  oracle.final_check({row_of(bad, State::queued)}, ledger, false);
  EXPECT_TRUE(noticed("after the quiet phase it is still queued"));
}

}  // namespace
}  // namespace reporterd::sim
