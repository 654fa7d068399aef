// The simulated disk itself, and the outbox on a disk that lies.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "daemon/core/timestamp.h"
#include "store/sqlite_outbox.h"
#include "tests/sim/sim_vfs.h"

namespace reporterd::sim {
namespace {

using Bytes = std::vector<std::byte>;

TEST(SimDisk, ALossOfPowerTearsAWriteBetweenSectorsOnly) {
  constexpr std::size_t sector = 512;
  Random luck(1);
  const Bytes data(16 * sector, std::byte{1});
  bool has_torn = false;
  for (int life = 0; life < 50; ++life) {
    SimFile file;
    file.truncate(0);
    file.write(0, Bytes(data.size()).data(), data.size());
    file.sync();
    file.write(0, data.data(), data.size());
    file.lose_power(luck, sector);
    std::size_t written = 0;
    for (std::size_t at = 0; at < data.size(); at += sector) {
      for (std::size_t i = 1; i < sector; ++i) {
        ASSERT_EQ(file.bytes()[at + i], file.bytes()[at]);
      }
      written += file.bytes()[at] == std::byte{1} ? 1 : 0;
    }
    has_torn |= written != 0 && written != 16;
  }
  EXPECT_TRUE(has_torn);
}

TEST(SimDisk, WhatASyncFailedToWriteNoLaterSyncWrites) {
  constexpr std::size_t sector = 512;
  Random luck(1);
  bool was_readable = false;
  bool was_gone = false;
  for (int life = 0; life < 20; ++life) {
    SimFile file;
    const Bytes data(64 * sector, std::byte{1});
    file.write(0, data.data(), data.size());
    file.fail_sync(luck, sector);
    (file.bytes() == data ? was_readable : was_gone) = true;
    file.sync();
    file.lose_power(luck, sector);
    EXPECT_NE(file.bytes(), data);
  }
  EXPECT_TRUE(was_readable);
  EXPECT_TRUE(was_gone);
}

TEST(SimDisk, TheNthCallFailsOnceOrForGood) {
  SimVfs disk;
  disk.fail_call({DiskCall::sync, 1, EIO, false});
  EXPECT_EQ(disk.error_of(DiskCall::sync), 0);
  EXPECT_EQ(disk.error_of(DiskCall::write), 0);
  EXPECT_EQ(disk.error_of(DiskCall::sync), EIO);
  EXPECT_EQ(disk.error_of(DiskCall::sync), 0);
  EXPECT_TRUE(disk.is_sound());
  disk.fail_call({DiskCall::write, 0, ENOSPC, true});
  EXPECT_EQ(disk.error_of(DiskCall::write), ENOSPC);
  EXPECT_EQ(disk.error_of(DiskCall::write), ENOSPC);
  disk.heal();
  EXPECT_EQ(disk.error_of(DiskCall::write), 0);
}

// One life on a disk whose syncs do nothing, ended by a loss of power. Nobody can keep what such a
// disk forgets, but it must show: the file is called damaged, or a body does not match its hash,
// or the ledger counts other messages than were acknowledged or than there are.
class LyingDisk : public testing::TestWithParam<std::uint64_t> {
 protected:
  NewMessage fresh() {
    NewMessage message;
    message.key = {std::string(64, 'a'), wall_at(1'740'000'000'000'000 + 1000 * ++count)};
    message.body = std::string(1 + luck.below(3000), static_cast<char>('a' + luck.below(26)));
    return message;
  }

  Result<Snapshot> run(SqliteOutbox& outbox, Writer::Work work) {
    return outbox.transact(std::span(&work, 1), ClockMark{});
  }

  void live(SqliteOutbox& outbox) {
    for (int turn = 0; turn < 60; ++turn) {
      const NewMessage message = fresh();
      const bool settles = luck.percent(50);
      ASSERT_TRUE(run(outbox, [&](Outbox& o) {
        ASSERT_EQ(o.append(message, {}), Appended::queued);
        if (settles) {
          for (const LeasedMessage& leased :
               o.lease({.now = {}, .limit = 1, .bytes = 10'000}).messages) {
            o.settle(leased.seq, State::delivered, "", {});
          }
        }
      }));
      bodies[message.key.ts] = message.body;
    }
  }

  // Looks at everything; whether it shows that something is wrong.
  bool shows_loss(SqliteOutbox& outbox) {
    std::vector<Row> rows;
    std::map<WallTime, std::string> found;
    const auto read = run(outbox, [&](Outbox& o) {
      Listing listing;
      listing.limit = 1000;
      rows = o.list(listing);
      listing.settled = true;
      std::ranges::copy(o.list(listing), std::back_inserter(rows));
      for (const LeasedMessage& leased :
           o.lease({.now = {}, .limit = 1000, .bytes = 10'000'000}).messages) {
        found[leased.key.ts] = leased.body;
        o.settle(leased.seq, State::delivered, "", {});
      }
    });
    for (const auto& [ts, body] : found) {
      EXPECT_EQ(body, bodies[ts]) << "given out with other bytes";
    }
    return !read || read->ledger.lost > 0 || read->ledger.queued > 0 ||
           read->ledger.accepted != std::ssize(bodies) || rows.size() != bodies.size();
  }

  SimVfs disk;
  Random luck{GetParam()};
  std::int64_t count = 0;
  std::map<WallTime, std::string> bodies;  // of what was acknowledged
};

TEST_P(LyingDisk, WhatItLosesShows) {
  disk.draw_from(GetParam());
  StoreSettings settings;
  settings.vfs = disk.name();
  settings.max_bytes = 1 << 20;  // a short WAL, often copied back
  {
    auto outbox = SqliteOutbox::open("outbox.db", settings, {});
    ASSERT_TRUE(outbox);
    disk.lie(true);
    live(**outbox);
    SimVfs::Image image = disk.image();
    outbox->reset();
    disk.restore(std::move(image));
  }
  disk.lose_power();
  disk.lie(false);
  auto outbox = SqliteOutbox::open("outbox.db", settings, {});
  if (!outbox) {
    EXPECT_EQ(outbox.error().code, ErrorCode::corrupt) << outbox.error().what;
    return;
  }
  EXPECT_TRUE(shows_loss(**outbox));
}

INSTANTIATE_TEST_SUITE_P(Lives, LyingDisk, testing::Range<std::uint64_t>(1, 41));

}  // namespace
}  // namespace reporterd::sim
