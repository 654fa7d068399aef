// What may happen next in a world, and what the owner does.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "tests/model/model_world.h"

namespace reporterd::model {
namespace {

using Kind = Step::Kind;
using std::chrono::seconds;

constexpr std::string_view names[] = {
    "submit message",
    "commit",
    "the commit fails",
    "the commit fails, but all is on disk",
    "the loop hears of the commit",
    "delivered: request",
    "rejected: request",
    "time-out, not taken: request",
    "time-out, but taken: request",
    "unreachable: request",
    "429, Retry-After 90 s: request",
    "401: request",
    "404: request",
    "cancelled, not taken: request",
    "cancelled, but taken: request",
    "the timer",
    "a day passes, then the timer",
    "flush",
    "flush --force",
    "pause",
    "pause for 50 s",
    "resume",
    "telemetry off",
    "telemetry on",
    "requeue message",
    "delete message",
    "the network is back",
    "a new key",
    "crash, and start; of what was out these were taken (bits):",
};

bool has_number(Kind kind) {
  return kind == Kind::submit || (kind >= Kind::delivered && kind <= Kind::cancelled_after) ||
         kind == Kind::requeue || kind == Kind::remove || kind == Kind::crash;
}

}  // namespace

std::string text_of(Step step) {
  const std::string_view name = names[static_cast<std::size_t>(step.kind)];
  return has_number(step.kind) ? fmt::format("{} {}", name, step.which) : std::string(name);
}

// ---------------------------------------------------------------- what may happen

std::vector<Step> World::possible() const {
  std::vector<Step> steps;
  add_submissions(steps);
  if (!posted_.empty() && !result_) {
    steps.push_back({Kind::commit});
    if (left_.failed_commits > 0) {
      steps.push_back({Kind::commit_fails});
      steps.push_back({Kind::commit_seems_lost});
    }
  }
  if (result_) {
    steps.push_back({Kind::tell});
  }
  add_replies(steps);
  if (is_timer_near()) {
    steps.push_back({Kind::wake});
  }
  if (left_.oversleeps > 0) {
    steps.push_back({Kind::oversleep});
  }
  if (left_.acts > 0) {
    add_acts(steps);
  }
  if (left_.crashes > 0) {
    for (unsigned taken = 0; taken < (1U << requests_.size()); ++taken) {
      steps.push_back({Kind::crash, static_cast<std::uint8_t>(taken)});
    }
  }
  return steps;
}

// Messages are alike, so they come in the order of their numbers.
void World::add_submissions(std::vector<Step>& steps) const {
  for (std::uint8_t i = 0; consent_ && i < left_.messages; ++i) {
    const Account& account = accounts_[i];
    const bool again = account.promised && left_.repeats == 0;
    if (!account.pending && !again) {
      steps.push_back({Kind::submit, i});
    }
    if (!account.pending && !account.promised) {
      return;
    }
  }
}

void World::add_replies(std::vector<Step>& steps) const {
  const auto count = static_cast<std::uint8_t>(requests_.size());
  for (std::uint8_t i = 0; i < count; ++i) {
    if (requests_[i].cancelled) {
      steps.push_back({Kind::cancelled_before, i});
      steps.push_back({Kind::cancelled_after, i});
      continue;
    }
    steps.push_back({Kind::delivered, i});
    for (const Kind kind : {Kind::rejected, Kind::lost_before, Kind::lost_after, Kind::unreachable,
                            Kind::asked_to_wait, Kind::unauthorized, Kind::not_found}) {
      if (left_.troubles > 0) {
        steps.push_back({kind, i});
      }
    }
  }
}

void World::add_acts(std::vector<Step>& steps) const {
  if (!consent_) {
    steps.push_back({Kind::on});
    return;
  }
  for (const Kind kind :
       {Kind::flush, Kind::force, Kind::off, Kind::network_back, Kind::new_secret}) {
    steps.push_back({kind});
  }
  if (paused_) {
    steps.push_back({Kind::resume});
  } else {
    steps.push_back({Kind::pause});
    steps.push_back({Kind::pause_a_while});
  }
  for (std::uint8_t i = 0; i < left_.messages; ++i) {
    if (const ModelOutbox::Message* row = row_of(i)) {
      steps.push_back({row->is_waiting() ? Kind::remove : Kind::requeue, i});
    }
  }
}

void World::spend(Step step) {
  if (step.kind == Kind::submit && accounts_[step.which].promised) {
    --left_.repeats;
  } else if (step.kind == Kind::commit_fails || step.kind == Kind::commit_seems_lost) {
    --left_.failed_commits;
  } else if (step.kind >= Kind::rejected && step.kind <= Kind::not_found) {
    --left_.troubles;
  } else if (step.kind == Kind::oversleep) {
    --left_.oversleeps;
  } else if (step.kind >= Kind::flush && step.kind <= Kind::new_secret) {
    --left_.acts;
  } else if (step.kind == Kind::crash) {
    --left_.crashes;
  }
}

void World::take(Step step) {
  spend(step);
  if (step.kind == Kind::submit) {
    submit(step.which);
  } else if (step.kind >= Kind::commit && step.kind <= Kind::commit_seems_lost) {
    commit(step.kind);
  } else if (step.kind == Kind::tell) {
    tell();
  } else if (step.kind <= Kind::cancelled_after) {
    reply(step);
  } else if (step.kind == Kind::wake) {
    wake();
  } else if (step.kind == Kind::oversleep) {
    oversleep();
  } else if (step.kind == Kind::crash) {
    crash(step.which);
  } else {
    act(step);
  }
}

// ---------------------------------------------------------------- the owner

void World::act(Step step) {
  if (step.kind == Kind::flush || step.kind == Kind::force) {
    const bool force = step.kind == Kind::force;
    engine_->flush(force, false, Millis(0), [this, force](const Result<FlushOutcome>& answer) {
      if (force && answer) {
        asked_until_ = asked_until_kept_ = Instant{};
      }
    });
  } else if (step.kind == Kind::pause) {
    pause(std::nullopt);
  } else if (step.kind == Kind::pause_a_while) {
    pause(seconds(50));
  } else if (step.kind == Kind::resume) {
    ++pause_calls_;
    paused_ = pause_kept_ = false;
    engine_->resume([](const Status&) {});
  } else if (step.kind == Kind::off || step.kind == Kind::on) {
    set_consent(step.kind == Kind::on);
  } else if (step.kind == Kind::requeue || step.kind == Kind::remove) {
    change(step.kind == Kind::requeue, step.which);
  } else if (step.kind == Kind::network_back) {
    engine_->network_changed();
  } else {
    engine_->secret_changed();
  }
}

void World::pause(std::optional<Millis> length) {
  paused_ = true;
  pause_kept_ = false;
  paused_until_ = length ? std::optional(now_ + *length) : std::nullopt;
  engine_->pause(length, [this, call = ++pause_calls_](const Result<std::optional<Instant>>& kept) {
    pause_kept_ |= kept && call == pause_calls_;
  });
}

void World::set_consent(bool on) {
  consent_ = on;
  if (on) {
    configure();
    return;
  }
  engine_->set_consent(false);
  withdraw();
}

// Once it is answered, all that was there is marked, whatever comes.
void World::withdraw() {
  std::array<bool, most_messages> meant{};
  for (std::size_t i = 0; i < most_messages; ++i) {
    meant[i] = accounts_[i].pending || row_of(i) != nullptr;
    accounts_[i].forbidden |= meant[i];
    accounts_[i].was_withdrawn |= meant[i];
  }
  engine_->withdraw(WithdrawScope{true, {}}, [this, meant](const Status& status) {
    for (std::size_t i = 0; status && i < most_messages; ++i) {
      if (meant[i] && accounts_[i].forbidden && row_of(i) != nullptr && !is_kept_back(i)) {
        fail("the withdrawal was answered before it was on disk");
      }
    }
  });
}

void World::change(bool requeue, std::size_t number) {
  accounts_[number].was_deleted |= !requeue;
  auto done = std::make_shared<bool>(false);
  engine_->run(
      [done, requeue, seq = row_of(number)->seq, now = engine_->accept_time()](Outbox& outbox) {
        *done = requeue ? outbox.requeue(seq, now) : outbox.remove(seq, now);
      },
      [this, done, requeue, number](const Status& status) {
        if (status && *done) {
          accounts_[number].forbidden = !requeue;
        }
      });
  if (!requeue) {
    engine_->recall();
  }
}

}  // namespace reporterd::model
