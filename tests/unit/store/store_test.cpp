#include <gtest/gtest.h>

#include "store/sqlite_outbox.h"

namespace reporterd {
namespace {

TEST(SqliteOutbox, AMessageIsTakenLeasedAndSettled) {
  auto outbox = SqliteOutbox::open(":memory:", {}, WallTime());
  ASSERT_TRUE(outbox) << outbox.error().what;
  Appended first{}, second{};
  Lease lease;
  std::vector<Writer::Work> works;
  const Now now{instant_at(1000), wall_at(1'700'000'000'000'000)};
  works.emplace_back([&](Outbox& o) {
    const NewMessage message{{std::string(64, 'a'), now.wall}, "{\"x\":1}", "", ""};
    first = o.append(message, now);
    second = o.append(message, now);
    lease = o.lease({.now = now.observed, .limit = 10, .bytes = 1000});
    o.settle(1, State::delivered, "", now);
  });
  auto done = (*outbox)->transact(works, ClockMark{1000, 1, "boot"});
  ASSERT_TRUE(done) << done.error().what;
  EXPECT_EQ(first, Appended::queued);
  EXPECT_EQ(second, Appended::duplicate);
  EXPECT_EQ(lease.messages.size(), 1U);
  EXPECT_EQ(done->ledger.delivered, 1);
  EXPECT_TRUE(done->ledger.balances());
}

}  // namespace
}  // namespace reporterd
