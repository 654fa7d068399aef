// The model's outbox and the real one are asked the same, and must say the same.
#include "tests/model/model_outbox.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "store/sqlite_outbox.h"
#include "tests/sim/sim_random.h"
#include "tests/sim/sim_vfs.h"

namespace reporterd::model {
namespace {

std::string shown(const Lease& lease) {
  std::string text = lease.more ? "more, " : "";
  text += lease.next_due ? fmt::format("due {}:", to_ms(*lease.next_due)) : "none due:";
  for (const LeasedMessage& message : lease.messages) {
    text += fmt::format(" {} '{}' after {}", message.seq, message.body, message.attempts);
  }
  return text;
}

std::string shown(const std::optional<Row>& row) {
  return !row ? "no row"
              : fmt::format("{} {} ts {} from '{}', {} bytes{}, {} attempts, due {}{}", row->seq,
                            name_of(row->state), to_us(row->key.ts), row->source, row->bytes,
                            row->body_kept ? "" : " not kept", row->attempts,
                            row->due ? to_ms(*row->due) : -1,
                            row->may_have_arrived ? ", may have arrived" : "");
}

// One thing is asked of an outbox, the same for the same `seed`; what it says.
std::string ask(Outbox& outbox, std::uint64_t seed, Now now) {
  sim::Random draw(seed);
  const auto seq = static_cast<Seq>(1 + draw.below(5));
  const auto number = static_cast<std::int64_t>(draw.below(5));
  const std::string source = draw.percent(50) ? "" : "butler";
  switch (draw.below(14)) {
    case 0:
    case 1: {
      NewMessage message;
      message.key = {std::string(64, 'a'), wall_at(1'750'000'000'000'000 + 1000 * number)};
      message.body = std::string(1 + draw.below(2), 'b');
      message.source = number % 2 == 0 ? "" : "butler";
      return fmt::format("append {}", static_cast<int>(outbox.append(message, now)));
    }
    case 2:
    case 3: {
      LeaseWish wish{.now = now.observed, .limit = 1 + draw.below(3), .bytes = 1 + draw.below(5)};
      wish.least_attempted = draw.percent(30);
      wish.ignore_due = draw.percent(20);
      return shown(outbox.lease(wish));
    }
    case 4: {
      const auto how = draw.one_of({State::delivered, State::rejected});
      return fmt::format("settle {}", outbox.settle(seq, how, "", now));
    }
    case 5:
      outbox.defer(seq, now.observed + Millis(draw.below(30)), "");
      return "defer";
    case 6:
      outbox.release(std::vector<Seq>{seq, number});
      return "release";
    case 7:
      return fmt::format("expire {}",
                         outbox.expire(now.observed - Millis(40), 1 + draw.below(2), now));
    case 8:
      return fmt::format("remove {}", outbox.remove(seq, now));
    case 9:
      return fmt::format("requeue {}", outbox.requeue(seq, now));
    case 10:
      outbox.hold_source(source);
      return "hold";
    case 11:
      outbox.release_source(source);
      return "release source";
    case 12:
      outbox.begin_withdrawal({draw.percent(50), source}, now.observed - Millis(draw.below(20)));
      return "withdraw";
    default:
      return fmt::format("continue {}", outbox.continue_withdrawal(100, now));
  }
}

// What can be seen of it afterwards.
std::string look_at(Outbox& outbox) {
  std::string text;
  for (Seq seq = 1; seq <= 5; ++seq) {
    text += shown(outbox.find(seq)) + ", " + outbox.body(seq).value_or("no body") + "\n";
  }
  Listing listing;
  for (const Row& row : outbox.list(listing)) {
    text += fmt::format("waits {}\n", row.seq);
  }
  listing.settled = true;
  for (const Row& row : outbox.list(listing)) {
    text += fmt::format("ended {}\n", row.seq);
  }
  return text;
}

class SameAnswers : public testing::TestWithParam<std::uint64_t> {};

TEST_P(SameAnswers, AreGivenByTheModelAndTheRealOutbox) {
  sim::Random draw(GetParam());
  sim::SimVfs disk;
  StoreSettings settings;
  settings.vfs = disk.name();
  auto real = SqliteOutbox::open("outbox.db", settings, {});
  ModelOutbox model;
  Now now{instant_at(1000), wall_at(1'750'000'000'000'000)};
  for (int turn = 0; turn < 100; ++turn) {
    now.observed += Millis(1 + draw.below(10));
    if (draw.percent(5)) {
      sim::SimVfs::Image image = disk.image();
      real->reset();
      disk.restore(std::move(image));
      real = SqliteOutbox::open("outbox.db", settings, {});
      model.crash();
    }
    ASSERT_TRUE(real);
    const std::uint64_t seed = draw.next();
    std::string said;
    std::string seen;
    Writer::Work work = [&](Outbox& outbox) {
      said = ask(outbox, seed, now);
      seen = look_at(outbox);
    };
    const auto snapshot = (*real)->transact(std::span(&work, 1), ClockMark{});
    ASSERT_TRUE(snapshot);
    ASSERT_EQ(ask(model, seed, now), said) << "in turn " << turn;
    ASSERT_EQ(look_at(model), seen) << "in turn " << turn << ", after " << said;
    const Snapshot own = model.snapshot();
    EXPECT_EQ(own.ledger, snapshot->ledger) << "in turn " << turn << ", after " << said;
    EXPECT_EQ(own.newest, snapshot->newest);
    EXPECT_EQ(own.oldest_queued, snapshot->oldest_queued);
    EXPECT_EQ(own.oldest_accepted, snapshot->oldest_accepted);
  }
}

INSTANTIATE_TEST_SUITE_P(Lives, SameAnswers, testing::Range<std::uint64_t>(1, 61));

}  // namespace
}  // namespace reporterd::model
