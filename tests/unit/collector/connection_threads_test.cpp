#include "collector/connection_threads.h"

#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <memory>
#include <set>
#include <thread>

namespace reporterd {
namespace {

// Connections that stay open until they are told to end.
class Open {
 public:
  explicit Open(ConnectionThreads& threads) : threads_(threads) {}
  std::future<std::thread::id> come() {
    auto served = std::make_shared<std::promise<std::thread::id>>();
    auto result = served->get_future();
    threads_.enqueue([this, served] {
      served->set_value(std::this_thread::get_id());
      end_.wait();
    });
    return result;
  }
  void end() { end_.count_down(); }

 private:
  ConnectionThreads& threads_;
  std::latch end_{1};
};

TEST(ConnectionThreads, EachOpenConnectionHasAThreadOfItsOwn) {
  ConnectionThreads threads(100);
  Open open(threads);
  std::set<std::thread::id> ids;
  for (int i = 0; i < 100; ++i) {
    ids.insert(open.come().get());
  }
  EXPECT_EQ(ids.size(), 100U);
  open.end();
  threads.shutdown();
}

TEST(ConnectionThreads, AFreeThreadIsTakenBeforeAnotherIsMade) {
  ConnectionThreads threads(100);
  std::set<std::thread::id> ids;
  for (int i = 0; i < 100; ++i) {
    std::promise<std::thread::id> served;
    threads.enqueue([&] { served.set_value(std::this_thread::get_id()); });
    ids.insert(served.get_future().get());
  }
  EXPECT_LT(ids.size(), 100U);  // one that has just served may not be free yet
  threads.shutdown();
}

TEST(ConnectionThreads, WhereAllAreBusyAConnectionWaitsForOne) {
  ConnectionThreads threads(2);
  Open open(threads);
  const auto first = open.come().get();
  const auto second = open.come().get();
  auto third = open.come();
  open.end();
  const auto taken = third.get();
  EXPECT_TRUE(taken == first || taken == second);
  threads.shutdown();
}

TEST(ConnectionThreads, ShutdownServesWhatStillWaits) {
  ConnectionThreads threads(1);
  int served = 0;
  for (int i = 0; i < 100; ++i) {
    threads.enqueue([&] { ++served; });
  }
  threads.shutdown();
  EXPECT_EQ(served, 100);
}

TEST(ConnectionThreads, NobodyCameIsNoReasonToWait) {
  ConnectionThreads threads(8);
  threads.shutdown();
}

}  // namespace
}  // namespace reporterd
