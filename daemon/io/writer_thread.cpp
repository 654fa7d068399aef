#include "daemon/io/writer_thread.h"

#include <condition_variable>
#include <deque>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/core/assert.h"
#include "daemon/io/next_turn.h"

namespace reporterd {
namespace {

struct Batch {
  std::vector<Writer::Work> work;
  std::vector<Writer::Done> done;

  bool full() const { return work.size() >= WriterThread::batch_limit; }
};

struct Finished {
  std::vector<Writer::Done> done;
  Result<Snapshot> result;
};

// Adds `from` to the last batch where it fits, else as a batch of its own.
void append(std::deque<Batch>& queue, Batch from) {
  if (queue.empty() || queue.back().work.size() + from.work.size() > WriterThread::batch_limit) {
    queue.push_back(std::move(from));
    return;
  }
  Batch& last = queue.back();
  std::move(from.work.begin(), from.work.end(), std::back_inserter(last.work));
  std::move(from.done.begin(), from.done.end(), std::back_inserter(last.done));
}

}  // namespace

// The loop thread gathers; the mutex guards what both threads touch.
struct WriterThread::State {
  State(Loop& loop, Transact transact_function, Idle idle_wish);
  ~State();

  void hand_over();
  void deliver();
  void work_until_stopped();
  bool wait_for_work(std::unique_lock<std::mutex>& lock);

  // Loop thread.
  Batch gathering;
  std::size_t unfinished = 0;  // pieces handed over whose Done has not run
  bool delivering = false;
  NextTurn hand_over_soon;
  Handle<uv_async_t> news;  // batches are finished; the only call from the other thread

  // Writer thread.
  Transact transact;
  Idle idle;
  bool idle_is_owed = false;  // there was work since the idle action ran

  // Both.
  std::mutex mutex;
  std::condition_variable posted;    // the writer thread waits for it
  std::condition_variable finished;  // drain() waits for it
  std::deque<Batch> inbox;
  std::vector<Finished> outbox;
  bool stopping = false;

  std::thread thread;  // last: it starts when all the rest is there
};

WriterThread::State::State(Loop& loop, Transact transact_function, Idle idle_wish)
    : hand_over_soon(
          loop.raw(), [](void* self) { static_cast<State*>(self)->hand_over(); }, this),
      news(make_async(
          loop.raw(), [](uv_async_t* async) { static_cast<State*>(async->data)->deliver(); },
          this)),
      transact(std::move(transact_function)),
      idle(std::move(idle_wish)),
      thread([this] { work_until_stopped(); }) {}

WriterThread::State::~State() {
  ASSERT(!delivering);
  hand_over();
  {
    const std::lock_guard lock(mutex);
    stopping = true;
  }
  posted.notify_one();
  thread.join();
}

void WriterThread::State::hand_over() {
  if (gathering.done.empty()) {
    return;
  }
  unfinished += gathering.done.size();
  {
    const std::lock_guard lock(mutex);
    append(inbox, std::exchange(gathering, {}));
  }
  posted.notify_one();
}

void WriterThread::State::deliver() {
  std::vector<Finished> batches;
  {
    const std::lock_guard lock(mutex);
    batches.swap(outbox);
  }
  delivering = true;
  for (auto& batch : batches) {
    unfinished -= batch.done.size();
    for (auto& done : batch.done) {
      done(batch.result);
    }
  }
  delivering = false;
}

// false: stop. A burst ends with one wait that has a limit, and the idle action; after that the
// thread sleeps until there is work.
bool WriterThread::State::wait_for_work(std::unique_lock<std::mutex>& lock) {
  const auto something_to_do = [this] { return stopping || !inbox.empty(); };
  if (idle_is_owed && !posted.wait_for(lock, idle.after, something_to_do)) {
    idle_is_owed = false;
    lock.unlock();
    idle.action();
    lock.lock();
  }
  posted.wait(lock, something_to_do);
  return !inbox.empty();
}

void WriterThread::State::work_until_stopped() {
  std::unique_lock lock(mutex);
  while (wait_for_work(lock)) {
    Batch batch = std::move(inbox.front());
    inbox.pop_front();
    lock.unlock();
    Result<Snapshot> result;
    if (!batch.work.empty()) {
      result = transact(batch.work);
      batch.work.clear();  // what the pieces own goes on this thread, not under the lock
      idle_is_owed = idle.action != nullptr;
    }
    lock.lock();
    outbox.push_back({std::move(batch.done), std::move(result)});
    finished.notify_one();
    uv_async_send(news.get());
  }
}

WriterThread::WriterThread(Loop& loop, Transact transact)
    : WriterThread(loop, std::move(transact), {}) {}

WriterThread::WriterThread(Loop& loop, Transact transact, Idle idle)
    : state_(std::make_unique<State>(loop, std::move(transact), std::move(idle))) {}

WriterThread::~WriterThread() = default;

void WriterThread::post(Work work, Done done) {
  Batch& batch = state_->gathering;
  batch.work.push_back(std::move(work));
  batch.done.push_back(std::move(done));
  if (batch.full()) {
    state_->hand_over();
  } else if (batch.work.size() == 1) {
    state_->hand_over_soon.ask();
  }
}

void WriterThread::ask(std::move_only_function<void()> answered) {
  state_->gathering.done.push_back(
      [answered = std::move(answered)](const Result<Snapshot>&) mutable { answered(); });
  state_->hand_over();
}

void WriterThread::drain() {
  ASSERT(!state_->delivering);
  state_->hand_over();
  while (state_->unfinished > 0) {
    {
      std::unique_lock lock(state_->mutex);
      state_->finished.wait(lock, [this] { return !state_->outbox.empty(); });
    }
    state_->deliver();
    state_->hand_over();
  }
}

}  // namespace reporterd
