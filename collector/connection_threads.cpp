#include "collector/connection_threads.h"

#include <system_error>
#include <utility>

namespace reporterd {

void ConnectionThreads::enqueue(std::function<void()> connection) {
  const std::scoped_lock lock(mutex_);
  waiting_.push_back(std::move(connection));
  if (waiting_.size() > free_ && threads_.size() < most_) {
    try {
      threads_.emplace_back([this] { serve(); });
      // NOLINTNEXTLINE(bugprone-empty-catch): there is no room for one more, so it waits
    } catch (const std::system_error&) {
    }
  }
  changed_.notify_one();
}

void ConnectionThreads::shutdown() {
  {
    const std::scoped_lock lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

void ConnectionThreads::serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++free_;
    changed_.wait(lock, [this] { return over_ || !waiting_.empty(); });
    --free_;
    if (waiting_.empty()) {
      return;
    }
    const auto connection = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    connection();
    lock.lock();
  }
}

}  // namespace reporterd
