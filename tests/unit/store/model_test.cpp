// Random operations on the outbox and on a plain model of it; both must agree after every
// transaction. The seed is printed with a failure.

#include <algorithm>
#include <map>
#include <random>

#include "store/books.h"
#include "tests/unit/store/box.h"

namespace reporterd {
namespace {

struct Kept {
  std::int64_t n = 0;
  State state = State::queued;
  std::string source;
  Instant accepted{};
  int attempts = 0;
  bool leased = false;
  bool body = true;
};

bool waits(const Kept& kept) {
  return kept.state <= State::held;
}

// The rules of daemon/core/outbox.h, without limits, in the simplest possible form.
struct Model {
  std::map<Seq, Kept> rows;
  Ledger ledger;
  Seq newest = 0;

  void end(Kept& kept, State how) {
    --counter(ledger, kept.state);
    ++counter(ledger, how);
    kept.state = how;
    kept.leased = false;
    kept.body = kept.body && how != State::withdrawn && how != State::deleted;
  }
  Appended append(std::int64_t n, const std::string& source, Instant now) {
    if (std::ranges::any_of(rows, [&](const auto& row) { return row.second.n == n; })) {
      ++ledger.duplicates;
      return Appended::duplicate;
    }
    rows[++newest] = {.n = n, .state = State::queued, .source = source, .accepted = now};
    ++ledger.accepted;
    ++ledger.queued;
    return Appended::queued;
  }
  void withdraw(const WithdrawScope& scope, Instant decided) {
    Seq up_to = 0;
    for (const auto& [seq, kept] : rows) {
      up_to = kept.accepted <= decided ? seq : up_to;
    }
    for (auto& [seq, kept] : rows) {
      if (seq <= up_to && waits(kept) && (scope.all || kept.source == scope.source)) {
        end(kept, State::withdrawn);
      }
    }
  }
};

class Walk {
 public:
  explicit Walk(std::uint64_t seed) : dice_(seed), box_(folder_.file()) {}

  void step() {
    const std::uint64_t what = pick(14);
    const Seq seq = static_cast<Seq>(1 + pick(static_cast<std::uint64_t>(model_.newest) + 1));
    const std::string source = std::vector<std::string>{"", "one", "two"}[pick(3)];
    const auto found = model_.rows.find(seq);
    Kept* kept = found == model_.rows.end() ? nullptr : &found->second;
    if (what < 4) {
      append(source);
    } else if (what < 6) {
      lease();
    } else if (what == 6 || what == 7) {
      settle(seq, kept);
    } else if (what == 8 && kept != nullptr && kept->leased) {
      box_.defer(seq, static_cast<std::int64_t>(pick(5)));
      kept->attempts += waits(*kept) ? 1 : 0;
      kept->leased = false;
    } else if (what == 9) {
      remove_or_requeue(seq, kept);
    } else if (what == 10) {
      hold_or_release(source);
    } else if (what == 11 && pick(4) == 0) {
      const WithdrawScope scope{.all = pick(2) == 0, .source = source};
      const Instant decided = box_.now().observed - std::chrono::seconds(pick(2) * pick(60));
      box_.run([&](Outbox& o) { o.begin_withdrawal(scope, decided); });
      model_.withdraw(scope, decided);
    } else if (what == 12) {
      box_.run([&](Outbox& o) { o.continue_withdrawal(pick(3), box_.now()); });
    } else if (what == 13 && pick(5) == 0) {
      pick(2) == 0 ? box_.crash() : box_.close_and_open();
      for (auto& row : model_.rows) {
        row.second.leased = false;
      }
    }
  }

  // Everything that can be asked agrees.
  void compare() {
    while (box_.outbox->withdrawal_pending() && pick(8) == 0) {
      box_.run([&](Outbox& o) { o.continue_withdrawal(2, box_.now()); });
    }
    ASSERT_TRUE(box_.snapshot.ledger.balances());
    if (!box_.outbox->withdrawal_pending()) {
      ASSERT_EQ(box_.snapshot.ledger, model_.ledger);
    }
    box_.run([&](Outbox& o) {
      for (const auto& [seq, kept] : model_.rows) {
        const auto row = o.find(seq);
        ASSERT_TRUE(row) << seq;
        ASSERT_EQ(row->state, kept.state) << "seq " << seq;
        ASSERT_EQ(row->body_kept, kept.body) << "seq " << seq;
        ASSERT_EQ(row->source, kept.source);
        ASSERT_EQ(o.body(seq).has_value(), kept.body);
      }
    });
  }

 private:
  std::uint64_t pick(std::uint64_t below) { return dice_() % below; }

  void append(const std::string& source) {
    const auto n = static_cast<std::int64_t>(pick(200));
    const Appended answer = box_.append(source.empty() ? message(n) : report(n, source));
    ASSERT_EQ(answer, model_.append(n, source, box_.now().observed));
  }

  void lease() {
    const bool ignore_due = pick(2) == 0;
    for (const Seq seq : box_.lease_seqs(1 + pick(5), {.ignore_due = ignore_due})) {
      Kept& kept = model_.rows.at(seq);
      ASSERT_EQ(kept.state, State::queued) << seq;
      ASSERT_FALSE(kept.leased) << seq;
      kept.leased = true;
    }
    if (pick(3) == 0) {  // whatever can be leased is: nothing is overlooked
      std::vector<Seq> taken = box_.lease_seqs(10000, {.ignore_due = true});
      for (auto& [seq, kept] : model_.rows) {
        const bool expected = kept.state == State::queued && !kept.leased;
        ASSERT_EQ(std::ranges::count(taken, seq), expected ? 1 : 0) << seq;
      }
      box_.run([&](Outbox& o) { o.release(taken); });
    }
  }

  void settle(Seq seq, Kept* kept) {
    const State how = pick(2) == 0 ? State::delivered : State::rejected;
    const bool expected = kept != nullptr && waits(*kept);
    ASSERT_EQ(box_.settle(seq, how), expected) << seq;
    if (expected) {
      model_.end(*kept, how);
    } else if (kept != nullptr) {
      kept->leased = false;
    }
  }

  void remove_or_requeue(Seq seq, Kept* kept) {
    bool done = false;
    if (pick(2) == 0) {
      const bool expected = kept != nullptr && waits(*kept);
      box_.run([&](Outbox& o) { done = o.remove(seq, box_.now()); });
      ASSERT_EQ(done, expected) << seq;
      if (expected) {
        model_.end(*kept, State::deleted);
      }
      return;
    }
    const bool settled = kept != nullptr && !waits(*kept) && kept->body;
    box_.run([&](Outbox& o) { done = o.requeue(seq, box_.now()); });
    ASSERT_TRUE(settled || !done) << seq;
    ASSERT_TRUE(done || !settled || box_.outbox->withdrawal_pending()) << seq;
    if (done) {
      kept->state = State::queued;
      kept->attempts = 0;
      kept->accepted = box_.now().observed;
      ++model_.ledger.requeued;
      ++model_.ledger.queued;
    }
  }

  void hold_or_release(const std::string& source) {
    const bool hold = pick(2) == 0;
    const State from = hold ? State::queued : State::held;
    const State to = hold ? State::held : State::queued;
    box_.run([&](Outbox& o) { hold ? o.hold_source(source) : o.release_source(source); });
    for (auto& [seq, kept] : model_.rows) {
      if (kept.state == from && kept.source == source) {
        --counter(model_.ledger, from);
        ++counter(model_.ledger, to);
        kept.state = to;
      }
    }
  }

  std::mt19937_64 dice_;
  Folder folder_;
  Box box_;
  Model model_;
};

TEST(Model, RandomOperationsAgreeWithAPlainModel) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Walk walk(seed);
    for (int step = 0; step < 120; ++step) {
      SCOPED_TRACE("step " + std::to_string(step));
      walk.step();
      walk.compare();
      if (testing::Test::HasFatalFailure()) {
        return;
      }
    }
  }
}

}  // namespace
}  // namespace reporterd
