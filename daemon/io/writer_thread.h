#pragma once
// The outbox's own thread: the Writer port over any function that runs pieces of work in one
// transaction. While one transaction is being synced, all that is posted gathers for the next.

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include "daemon/core/writer.h"
#include "daemon/io/loop.h"

namespace reporterd {

class WriterThread final : public Writer {
 public:
  // Runs all pieces in one transaction and commits it; called on the writer thread only. It may
  // run the pieces again when the transaction has to be repeated.
  using Transact = std::move_only_function<Result<Snapshot>(std::span<Work>)>;

  // Pieces in one transaction at most.
  static constexpr std::size_t batch_limit = 1024;

  struct Idle {
    std::chrono::milliseconds after;         // with nothing to do
    std::move_only_function<void()> action;  // runs on the writer thread, once after each burst
  };

  // The thread and the loop are joined until destruction; all members are for the loop thread.
  WriterThread(Loop& loop, Transact transact);
  WriterThread(Loop& loop, Transact transact, Idle idle);
  // Finishes what was posted, then ends the thread. Done functions that have not run are dropped:
  // call drain() first when they matter.
  ~WriterThread() override;

  // What is posted in one turn of the loop is handed over at its end, in one piece.
  void post(Work work, Done done) override;

  // Runs `answered` on the loop once the thread has got to it, after what was posted before;
  // without a transaction. It is how one sees that the thread lives.
  void ask(std::move_only_function<void()> answered);

  // Waits until everything posted is committed, and runs all Done functions, also for what these
  // post. Not from inside one.
  void drain();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reporterd
