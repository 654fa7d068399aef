#pragma once
// The threads that serve connections: one for each that is open, made as they come.

#include <httplib.h>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace reporterd {

// A thread that is free is taken before another is made; none ends before shutdown(). Where all of
// `most` are busy, or the system gives no more, a connection waits for the next one that is free.
class ConnectionThreads : public httplib::TaskQueue {
 public:
  explicit ConnectionThreads(std::size_t most) : most_(most) {}

  // Both on the thread of the listening server. shutdown() returns when all that came is served.
  void enqueue(std::function<void()> connection) override;
  void shutdown() override;

 private:
  void serve();

  const std::size_t most_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;  // for what follows
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  std::size_t free_ = 0;
  bool over_ = false;
};

}  // namespace reporterd
