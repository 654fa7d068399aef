#pragma once
// The one event loop: everything but SQLite runs on its thread. Nothing here is thread-safe.

#include <cstdint>
#include <functional>
#include <memory>

struct uv_loop_s;  // NOLINT(readability-identifier-naming): libuv's

namespace reporterd {

class Loop {
 public:
  Loop();
  // Every user of the loop must be gone by now: a handle that is left is a bug and ends the
  // process.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Handles events until stop(), or until nothing is left that could make one.
  void run();
  // The same, and also ends once `condition` holds; it is looked at in every turn before waiting.
  void run_until(const std::function<bool()>& condition);
  // Makes run() or run_until() return after the current turn.
  void stop();

  // Runs `task` in the next turn, never from inside this call; tasks run in order. Tasks that have
  // not run when the loop is destroyed are dropped.
  void defer(std::move_only_function<void()> task);

  // Which turn this is; for users that share out their work by turns.
  std::uint64_t turn() const;

  // For io/ alone.
  uv_loop_s* raw();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reporterd
