// The simulated disk itself, and the outbox on a disk that lies.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/core/timestamp.h"
#include "store/files.h"
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
  disk.fail_call({DiskCall::write, 0, full_disk_error(), true});
  EXPECT_EQ(disk.error_of(DiskCall::write), full_disk_error());
  EXPECT_EQ(disk.error_of(DiskCall::write), full_disk_error());
  disk.heal();
  EXPECT_EQ(disk.error_of(DiskCall::write), 0);
}

// An outbox on the simulated disk, without a daemon.
class OutboxOnDisk : public testing::TestWithParam<std::uint64_t> {
 protected:
  OutboxOnDisk() {
    disk.draw_from(GetParam());
    settings.vfs = disk.name();
  }

  void open() {
    auto opened = SqliteOutbox::open("outbox.db", settings, {});
    ASSERT_TRUE(opened) << opened.error().what;
    outbox = *std::move(opened);
  }

  // The process is killed: what it would write at its end is not written.
  void kill() {
    SimVfs::Image image = disk.image();
    outbox.reset();
    disk.restore(std::move(image));
  }

  NewMessage fresh() {
    NewMessage message;
    message.key = {std::string(64, 'a'), wall_at(1'740'000'000'000'000 + 1000 * ++count)};
    message.body = std::string(1 + luck.below(3000), static_cast<char>('a' + luck.below(26)));
    return message;
  }

  Result<Snapshot> run(Writer::Work work) {
    return outbox->transact(std::span(&work, 1), ClockMark{});
  }

  SimVfs disk;
  StoreSettings settings;
  Random luck{GetParam()};
  std::int64_t count = 0;
  std::unique_ptr<SqliteOutbox> outbox;
};

// Syncs fail for a while. What was acknowledged before and after is there, whatever the system
// still shows of what it could not write.
class FailingDisk : public OutboxOnDisk {
 protected:
  bool accept() {
    const NewMessage message = fresh();
    const bool kept = run([&](Outbox& o) { o.append(message, {}); }).has_value();
    if (kept) {
      acknowledged.push_back(message.key);
    }
    return kept;
  }

  void expect_all() {
    ASSERT_TRUE(run([&](Outbox& o) {
      for (const MessageKey& key : acknowledged) {
        EXPECT_TRUE(o.has_key(key)) << canonical_ts(key.ts);
      }
    }));
  }

  void begin() {
    settings.max_bytes = luck.one_of<std::size_t>({1 << 20, 64 << 20});  // the WAL is a part of it
    open();
  }

  void accept_some() {
    for (int i = 0; i < 5; ++i) {
      ASSERT_TRUE(accept());
    }
  }

  void fail_for_a_while() {
    accept_some();
    disk.fail_with(DiskFault::sync_error);
    for (auto times = luck.below(4) + 1; times > 0; --times) {
      ASSERT_FALSE(accept());
    }
  }

  void lose_power() {
    kill();
    disk.lose_power();
    open();
    expect_all();
    const auto found = outbox->examine(ClockMark{});
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->damage.empty()) << found->damage.front();
  }

  void go_on_and_lose_power() {
    accept_some();
    lose_power();
  }

  std::vector<MessageKey> acknowledged;
};

TEST_P(FailingDisk, KeepsWhatIsAcknowledgedWhenItWorksAgain) {
  begin();
  for (int times = 0; times < 10; ++times) {
    fail_for_a_while();
    disk.heal();
  }
  go_on_and_lose_power();
}

TEST_P(FailingDisk, IsWholeWhenThePowerFailsAsSoonAsItWorksAgain) {
  begin();
  for (int times = 0; times < 10; ++times) {
    fail_for_a_while();
    disk.heal();
    ASSERT_TRUE(run([](Outbox&) {}));
    lose_power();
  }
}

TEST_P(FailingDisk, KeepsWhatIsAcknowledgedInTheNextLife) {
  begin();
  fail_for_a_while();
  kill();
  disk.heal();
  open();
  go_on_and_lose_power();
}

TEST_P(FailingDisk, KeepsWhatIsAcknowledgedWhenTheSystemForgetsWhatItCouldNotWriteAfterALook) {
  begin();
  fail_for_a_while();
  kill();
  disk.heal();
  open();  // it reads a WAL that only the system's memory has
  disk.forget_unwritten();
  go_on_and_lose_power();
}

TEST_P(FailingDisk, ThatCannotReadTheWalBehindItsLastFrameIsUsed) {
  settings.max_bytes = 8 << 20;  // the WAL begins anew after some 128 frames
  open();
  ASSERT_TRUE(accept());
  const auto wal_size = [this] { return disk.size_of("outbox.db-wal"); };
  std::size_t before = 0;
  do {  // until the WAL begins anew in the old file
    before = wal_size();
    ASSERT_TRUE(accept());
  } while (wal_size() > before);
  kill();
  disk.spoil("outbox.db-wal", wal_size() / 2);  // what is left from before
  open();
  accept_some();
  lose_power();
}

INSTANTIATE_TEST_SUITE_P(Lives, FailingDisk, testing::Range<std::uint64_t>(1, 41));

// One life on a disk whose syncs do nothing, ended by a loss of power. Nobody can keep what such a
// disk forgets, but it must show: the file is called damaged, or a body does not match its hash,
// or the ledger counts other messages than were acknowledged or than there are.
class LyingDisk : public OutboxOnDisk {
 protected:
  void live() {
    for (int turn = 0; turn < 60; ++turn) {
      const NewMessage message = fresh();
      const bool settles = luck.percent(50);
      ASSERT_TRUE(run([&](Outbox& o) {
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
  bool shows_loss() {
    std::vector<Row> rows;
    std::map<WallTime, std::string> found;
    const auto read = run([&](Outbox& o) {
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

  std::map<WallTime, std::string> bodies;  // of what was acknowledged
};

TEST_P(LyingDisk, WhatItLosesShows) {
  settings.max_bytes = 1 << 20;  // a short WAL, often copied back
  open();
  disk.lie(true);
  live();
  kill();
  disk.lose_power();
  disk.lie(false);
  auto opened = SqliteOutbox::open("outbox.db", settings, {});
  if (!opened) {
    EXPECT_EQ(opened.error().code, ErrorCode::corrupt) << opened.error().what;
    return;
  }
  outbox = *std::move(opened);
  EXPECT_TRUE(shows_loss());
}

INSTANTIATE_TEST_SUITE_P(Lives, LyingDisk, testing::Range<std::uint64_t>(1, 41));

}  // namespace
}  // namespace reporterd::sim
