#include "daemon/io/writer_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <numeric>
#include <optional>
#include <thread>
#include <vector>

#include "tests/support/loop_runner.h"
#include "tests/unit/io/null_outbox.h"

namespace reporterd {
namespace {

// A store that only remembers how many pieces each transaction had.
class Transactions {
 public:
  WriterThread::Transact transact() {
    return [this](std::span<Writer::Work> pieces) -> Result<Snapshot> {
      if (before) {
        before();
      }
      sizes.push_back(pieces.size());
      for (auto& piece : pieces) {
        piece(outbox_);
      }
      if (failing) {
        return fail(ErrorCode::io, "the disk is gone");
      }
      Snapshot snapshot;
      snapshot.newest = static_cast<Seq>(sizes.size());
      return snapshot;
    };
  }

  // Touched by the writer thread; the test reads after Done, which is ordered after it.
  std::vector<std::size_t> sizes;
  std::function<void()> before;
  std::atomic<bool> failing = false;

 private:
  NullOutbox outbox_;
};

// How often something happened, for another thread to wait for. (std::latch and std::atomic::wait
// lose wake-ups in g++ 12 where the system has no futex.)
class Count {
 public:
  void up() {
    const std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  void wait_for(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ >= count; });
  }
  int value() {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

Writer::Work no_work() {
  return [](Outbox&) {};
}

std::vector<int> up_to(int count) {
  std::vector<int> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

TEST(WriterThread, RunsWorkOnItsOwnThreadAndDoneOnTheLoops) {
  Loop loop;
  Transactions store;
  WriterThread writer(loop, store.transact());
  std::thread::id worked;
  std::optional<std::thread::id> told;
  writer.post([&](Outbox&) { worked = std::this_thread::get_id(); },
              [&](const Result<Snapshot>&) { told = std::this_thread::get_id(); });
  ASSERT_TRUE(run_until(loop, [&] { return told.has_value(); }));
  EXPECT_NE(worked, std::this_thread::get_id());
  EXPECT_EQ(told, std::this_thread::get_id());
}

TEST(WriterThread, KeepsTheOrderOfWorkAndOfDone) {
  Loop loop;
  Transactions store;
  WriterThread writer(loop, store.transact());
  std::vector<int> worked;
  std::vector<int> told;
  constexpr int count = 5000;
  for (int i = 0; i < count; ++i) {
    writer.post([&worked, i](Outbox&) { worked.push_back(i); },
                [&told, i](const Result<Snapshot>&) { told.push_back(i); });
  }
  ASSERT_TRUE(run_until(loop, [&] { return told.size() == count; }));
  EXPECT_EQ(worked, up_to(count));
  EXPECT_EQ(told, up_to(count));
}

TEST(WriterThread, WhatIsPostedInOneTurnIsOneTransaction) {
  Loop loop;
  Transactions store;
  WriterThread writer(loop, store.transact());
  int told = 0;
  for (int i = 0; i < 10; ++i) {
    writer.post(no_work(), [&](const Result<Snapshot>&) { ++told; });
  }
  ASSERT_TRUE(run_until(loop, [&] { return told == 10; }));
  EXPECT_EQ(store.sizes, (std::vector<std::size_t>{10}));
}

TEST(WriterThread, GathersWhileATransactionRuns) {
  Loop loop;
  Transactions store;
  Count first_runs;
  Count let_it_end;
  store.before = [&] {
    if (store.sizes.empty()) {
      first_runs.up();
      let_it_end.wait_for(1);
    }
  };
  WriterThread writer(loop, store.transact());
  int told = 0;
  const auto count_it = [&](const Result<Snapshot>&) { ++told; };
  writer.post(no_work(), count_it);
  run_ready(loop);
  first_runs.wait_for(1);
  for (int turn = 0; turn < 5; ++turn) {
    writer.post(no_work(), count_it);
    run_ready(loop);
  }
  EXPECT_EQ(told, 0);
  let_it_end.up();
  ASSERT_TRUE(run_until(loop, [&] { return told == 6; }));
  EXPECT_EQ(store.sizes, (std::vector<std::size_t>{1, 5}));
}

TEST(WriterThread, NoTransactionIsLargerThanTheLimit) {
  Loop loop;
  Transactions store;
  WriterThread writer(loop, store.transact());
  std::size_t told = 0;
  constexpr std::size_t count = 2 * WriterThread::batch_limit + 7;
  for (std::size_t i = 0; i < count; ++i) {
    writer.post(no_work(), [&](const Result<Snapshot>&) { ++told; });
  }
  ASSERT_TRUE(run_until(loop, [&] { return told == count; }));
  for (const std::size_t size : store.sizes) {
    EXPECT_LE(size, WriterThread::batch_limit);
  }
}

TEST(WriterThread, AFailedTransactionIsToldToEachPieceOfIt) {
  Loop loop;
  Transactions store;
  store.failing = true;
  WriterThread writer(loop, store.transact());
  std::vector<std::string> told;
  for (int i = 0; i < 3; ++i) {
    writer.post(no_work(), [&](const Result<Snapshot>& result) {
      told.push_back(result ? "committed" : result.error().what);
    });
  }
  ASSERT_TRUE(run_until(loop, [&] { return told.size() == 3; }));
  EXPECT_EQ(told, std::vector<std::string>(3, "the disk is gone"));

  store.failing = false;
  writer.post(no_work(), [&](const Result<Snapshot>& result) {
    told.push_back(result ? "committed" : result.error().what);
  });
  ASSERT_TRUE(run_until(loop, [&] { return told.size() == 4; }));
  EXPECT_EQ(told.back(), "committed");
}

TEST(WriterThread, DoneMayPostMore) {
  Loop loop;
  Transactions store;
  WriterThread writer(loop, store.transact());
  bool told = false;
  writer.post(no_work(), [&](const Result<Snapshot>&) {
    writer.post(no_work(), [&](const Result<Snapshot>&) { told = true; });
  });
  EXPECT_TRUE(run_until(loop, [&] { return told; }));
}

TEST(WriterThread, AnswersOnceItHasDoneWhatWasPostedBefore) {
  Loop loop;
  Transactions store;
  Count disk;
  store.before = [&] { disk.wait_for(1); };
  WriterThread writer(loop, store.transact());
  std::vector<std::string> told;
  writer.post(no_work(), [&](const Result<Snapshot>&) { told.emplace_back("posted"); });
  writer.ask([&] { told.emplace_back("answered"); });
  run_ready(loop);
  EXPECT_TRUE(told.empty());  // it hangs
  disk.up();
  ASSERT_TRUE(run_until(loop, [&] { return told.size() == 2; }));
  EXPECT_EQ(told, (std::vector<std::string>{"posted", "answered"}));
}

TEST(WriterThread, AnswersWithoutATransaction) {
  Loop loop;
  Transactions store;
  WriterThread writer(loop, store.transact());
  bool answered = false;
  writer.ask([&] { answered = true; });
  EXPECT_TRUE(run_until(loop, [&] { return answered; }));
  EXPECT_TRUE(store.sizes.empty());
}

TEST(WriterThread, DrainWaitsForEverythingAlsoForWhatDonePosts) {
  Loop loop;
  Transactions store;
  WriterThread writer(loop, store.transact());
  std::vector<int> told;
  for (int i = 0; i < 3; ++i) {
    writer.post(no_work(), [&, i](const Result<Snapshot>&) {
      told.push_back(i);
      writer.post(no_work(), [&, i](const Result<Snapshot>&) { told.push_back(10 + i); });
    });
  }
  writer.drain();
  EXPECT_EQ(told, (std::vector{0, 1, 2, 10, 11, 12}));
  writer.drain();  // nothing left to wait for
}

TEST(WriterThread, DestructionFinishesTheWorkThatWasPosted) {
  Loop loop;
  Transactions store;
  int worked = 0;
  int told = 0;
  {
    WriterThread writer(loop, store.transact());
    for (int i = 0; i < 3000; ++i) {
      writer.post([&](Outbox&) { ++worked; }, [&](const Result<Snapshot>&) { ++told; });
    }
  }
  EXPECT_EQ(worked, 3000);
  EXPECT_EQ(told, 0);  // documented: drain() first
}

TEST(WriterThread, TheIdleActionRunsOnceAfterEachBurst) {
  Loop loop;
  Transactions store;
  Count rested;
  WriterThread writer(loop, store.transact(),
                      {.after = std::chrono::milliseconds(1), .action = [&] { rested.up(); }});
  for (int burst = 1; burst <= 3; ++burst) {
    writer.post(no_work(), [](const Result<Snapshot>&) {});
    writer.drain();
    rested.wait_for(burst);
    EXPECT_EQ(rested.value(), burst);
  }
}

TEST(WriterThread, WithoutWorkTheIdleActionNeverRuns) {
  Loop loop;
  Transactions store;
  int rested = 0;
  {
    const WriterThread writer(loop, store.transact(),
                              {.after = std::chrono::milliseconds(0), .action = [&] { ++rested; }});
    run_ready(loop);
  }
  EXPECT_EQ(rested, 0);
}

}  // namespace
}  // namespace reporterd
