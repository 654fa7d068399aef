#include "daemon/io/loop.h"

#include <uv.h>

#include <utility>
#include <vector>

#include "daemon/core/assert.h"
#include "daemon/io/next_turn.h"

namespace reporterd {

struct Loop::State {
  State() {
    const int status = uv_loop_init(&loop);
    ASSERT(status == 0);
    deferred_turn = std::make_unique<NextTurn>(
        &loop, [](void* self) { static_cast<State*>(self)->run_deferred(); }, this);
    turn_counter = make_handle(&loop, uv_prepare_init, this);
    uv_prepare_start(turn_counter.get(),
                     [](uv_prepare_t* handle) { static_cast<State*>(handle->data)->begin_turn(); });
    uv_unref(reinterpret_cast<uv_handle_t*>(turn_counter.get()));
  }

  // Just before the loop waits.
  void begin_turn() {
    ++turn;
    if (condition != nullptr && (*condition)()) {
      uv_stop(&loop);
    }
  }

  void run_deferred() {
    for (auto& task : std::exchange(deferred, {})) {
      task();
    }
  }

  uv_loop_t loop{};
  std::unique_ptr<NextTurn> deferred_turn;
  Handle<uv_prepare_t> turn_counter;
  std::uint64_t turn = 0;
  const std::function<bool()>* condition = nullptr;  // of run_until()
  std::vector<std::move_only_function<void()>> deferred;
};

Loop::Loop() : state_(std::make_unique<State>()) {}

Loop::~Loop() {
  state_->deferred.clear();
  state_->deferred_turn.reset();
  state_->turn_counter.reset();
  uv_run(&state_->loop, UV_RUN_NOWAIT);  // uses up a stop() that came while nothing ran
  uv_run(&state_->loop, UV_RUN_NOWAIT);  // lets closing handles end
  const int status = uv_loop_close(&state_->loop);
  ASSERT(status == 0);
}

void Loop::run() {
  uv_run(&state_->loop, UV_RUN_DEFAULT);
}

void Loop::run_until(const std::function<bool()>& condition) {
  state_->condition = &condition;
  uv_run(&state_->loop, UV_RUN_DEFAULT);
  state_->condition = nullptr;
}

void Loop::stop() {
  uv_stop(&state_->loop);
}

void Loop::defer(std::move_only_function<void()> task) {
  state_->deferred.push_back(std::move(task));
  state_->deferred_turn->ask();
}

std::uint64_t Loop::turn() const {
  return state_->turn;
}

uv_loop_s* Loop::raw() {
  return &state_->loop;
}

}  // namespace reporterd
