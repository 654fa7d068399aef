// What consent means for the outbox: withdrawing, and holding back what is not ours to send now.
#include <algorithm>
#include <utility>

#include "daemon/core/engine.h"
#include "daemon/core/limits.h"

namespace reporterd {

void Engine::set_consent(bool on) {
  feed(input::ConsentChanged{on});
  if (!on) {
    end_waiters(FlushOutcome::Kind::timed_out, "telemetry was switched off");
  }
}

void Engine::withdraw(WithdrawScope scope, Answer<void> answer) {
  if (!scope.all) {
    closed_sources_.insert(scope.source);
  }
  // It may be written only when the disk works again: then it still means what was there now.
  withdrawn_at_ = std::max({withdrawn_at_, accepted_at_, ports_.clock.now().observed});
  auto believed = std::make_shared<std::vector<Seq>>();
  insist(Duty{[believed, scope = std::move(scope), decided = withdrawn_at_,
               rejected = reporter_.memory().rejected_in_row](Outbox& outbox) {
                outbox.begin_withdrawal(scope, decided);
                *believed = believe_rejections(outbox, scope, rejected);
              },
              [this, believed] {
                feed(input::Believed{std::move(*believed)});
                continue_withdrawal();
              },
              nullptr, std::move(answer)});
  feed(input::Recalled{});
}

void Engine::continue_withdrawal() {
  if (std::exchange(withdrawing_, true)) {
    return;
  }
  auto left = std::make_shared<std::size_t>();
  run([left, now = ports_.clock.now()](
          Outbox& outbox) { *left = outbox.continue_withdrawal(slice, now); },
      [this, left](const Status& status) {
        withdrawing_ = false;
        if (status && *left > 0) {
          continue_withdrawal();
        } else if (!status) {
          write_again_soon();
        }
      });
}

void Engine::hold_source(const std::string& source) {
  closed_sources_.insert(source);
  switch_source(source, [source](Outbox& outbox) { outbox.hold_source(source); }, nullptr);
  feed(input::Recalled{});
}

void Engine::release_source(const std::string& source) {
  closed_sources_.erase(source);
  switch_source(
      source, [source](Outbox& outbox) { outbox.release_source(source); },
      [this] { feed(input::Rewritten{}); });
}

void Engine::switch_source(const std::string& source, Writer::Work work,
                           std::move_only_function<void()> done) {
  insist(Duty{std::move(work), std::move(done), [this, source, call = ++source_calls_[source]] {
                return call != source_calls_[source];
              }});
}

}  // namespace reporterd
