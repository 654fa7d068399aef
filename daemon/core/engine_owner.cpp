// What the owner of the machine asks for: flush, pause, resume, the notice period.
#include <algorithm>
#include <utility>

#include "daemon/core/engine.h"

namespace reporterd {
namespace {

constexpr const char* installed_name = "installed";
constexpr const char* notice_name = "notice";
constexpr const char* notice_over = "over";
constexpr const char* pause_name = "pause";
constexpr const char* until_resumed = "until resumed";

std::optional<input::PauseAsked> pause_from(const std::optional<std::string>& kept) {
  if (!kept || kept->empty()) {
    return std::nullopt;
  }
  if (*kept == until_resumed) {
    return input::PauseAsked{};
  }
  return input::PauseAsked{instant_at(std::strtoll(kept->c_str(), nullptr, 10))};
}

}  // namespace

void Engine::set_notice_period(Millis period) {
  notice_period_ = period;
  if (notice_) {
    tell_notice(*notice_);
    return;
  }
  const Instant now = ports_.clock.now().observed;
  feed(input::NoticeChanged{now + period});  // until more is known
  auto kept = std::make_shared<Notice>();
  insist(Duty{[kept, now](Outbox& outbox) {
                kept->over = outbox.get(notice_name) == notice_over;
                const std::optional<std::string> installed = outbox.get(installed_name);
                kept->installed =
                    installed ? instant_at(std::strtoll(installed->c_str(), nullptr, 10)) : now;
                if (!installed) {
                  outbox.put(installed_name, std::to_string(to_ms(now)));
                }
              },
              [this, kept] {
                notice_ = *kept;
                notice_->over |= notice_ended_;  // by a flush, while this could not be read
                tell_notice(*notice_);
              }});
}

void Engine::tell_notice(const Notice& notice) {
  feed(notice.over ? input::NoticeChanged{}
                   : input::NoticeChanged{notice.installed + notice_period_});
}

void Engine::configure_outbox(Writer::Work work) {
  insist(Duty{std::move(work), nullptr,
              [this, call = ++outbox_calls_] { return call != outbox_calls_; }});
}

void Engine::end_notice() {
  if (reporter_.notice_until(ports_.clock.now().observed)) {
    notice_ended_ = true;
    if (notice_) {
      notice_->over = true;
    }
    insist(Duty{[](Outbox& outbox) { outbox.put(notice_name, notice_over); }});
    feed(input::NoticeChanged{});
  }
}

void Engine::restore_pause() {
  auto kept = std::make_shared<std::optional<std::string>>();
  insist(Duty{[kept](Outbox& outbox) { *kept = outbox.get(pause_name); },
              [this, kept, calls = pause_calls_] {
                auto pause = pause_from(*kept);
                if (pause && calls == pause_calls_) {
                  feed(*pause);
                }
              }});
}

void Engine::pause(std::optional<Millis> length, Answer<std::optional<Instant>> answer) {
  std::optional<Instant> until;
  if (length) {
    until = ports_.clock.now().observed + *length;
  }
  ++pause_calls_;
  const std::string kept = until ? std::to_string(to_ms(*until)) : until_resumed;
  run([kept](Outbox& outbox) { outbox.put(pause_name, kept); },
      [until, answer = std::move(answer)](Status status) mutable {
        if (status) {
          answer(until);
        } else {
          answer(std::unexpected(std::move(status.error())));
        }
      });
  feed(input::PauseAsked{until});
  end_waiters(FlushOutcome::Kind::timed_out, "sending was paused meanwhile");
}

void Engine::resume(Answer<void> answer) {
  ++pause_calls_;
  run([](Outbox& outbox) { outbox.put(pause_name, ""); },
      [this, calls = pause_calls_, answer = std::move(answer)](Status status) mutable {
        if (status && calls == pause_calls_) {  // not paused again meanwhile
          feed(input::ResumeAsked{});
        }
        answer(std::move(status));
      });
}

void Engine::flush(bool force, bool wait, Millis timeout, Answer<FlushOutcome> answer) {
  const Now now = ports_.clock.now();
  switch (reporter_.condition(now.observed)) {
    case Condition::off:
      answer(fail(ErrorCode::consent_off, "telemetry is switched off; nothing is sent"));
      return;
    case Condition::stopping:
      answer(fail(ErrorCode::unavailable, "reporterd is stopping"));
      return;
    case Condition::no_destination:
      answer(fail(ErrorCode::not_possible, "no destination.url is configured; all is kept"));
      return;
    case Condition::paused:
      answer(fail(ErrorCode::not_possible,
                  "sending is paused; all is kept; `reporterctl resume` ends the pause"));
      return;
    case Condition::auth_problem:
      answer(fail(ErrorCode::not_possible,
                  "the endpoint refuses our credentials (" + reporter_.memory().why +
                      "); all is kept; check destination.functionKeyFile"));
      return;
    case Condition::asked_to_wait:
      if (!force) {
        answer(FlushOutcome{
            FlushOutcome::Kind::unreachable, 0, snapshot_.ledger.queued,
            "the endpoint asked to wait (" + reporter_.memory().why + "); --force ignores that"});
        return;
      }
      break;
    case Condition::notice:
    case Condition::config_problem:
    case Condition::unreachable:
    case Condition::sending:
    case Condition::waiting:
    case Condition::idle:
      break;
  }
  Waiter waiter{snapshot_.newest, snapshot_.ledger.queued, snapshot_.ledger.settled(),
                now.observed + timeout, std::move(answer)};
  end_notice();
  if (waiter.queued == 0) {
    waiter.answer(FlushOutcome{});
    return;
  }
  if (wait) {
    waiters_.push_back(std::move(waiter));
  } else {
    waiter.answer(outcome(waiter, FlushOutcome::Kind::started, ""));
  }
  feed(input::FlushAsked{force});
}

void Engine::check_waiters() {
  const Instant now = ports_.clock.now().observed;
  std::vector<std::pair<Answer<FlushOutcome>, FlushOutcome>> over;
  std::erase_if(waiters_, [&](Waiter& waiter) {
    FlushOutcome::Kind kind = FlushOutcome::Kind::done;
    std::string why;
    if (snapshot_.oldest_queued && *snapshot_.oldest_queued <= waiter.mark) {
      if (now < waiter.deadline) {
        return false;
      }
      kind = FlushOutcome::Kind::timed_out;
      why = "not all was settled in time; the rest is kept";
    }
    over.emplace_back(std::move(waiter.answer), outcome(waiter, kind, why));
    return true;
  });
  for (auto& [answer, result] : over) {
    answer(std::move(result));
  }
}

void Engine::end_waiters(FlushOutcome::Kind kind, const std::string& why) {
  for (Waiter& waiter : std::exchange(waiters_, {})) {
    waiter.answer(outcome(waiter, kind, why));
  }
}

FlushOutcome Engine::outcome(const Waiter& waiter, FlushOutcome::Kind kind, std::string why) const {
  const std::int64_t all = snapshot_.ledger.settled() - waiter.settled_before;
  const std::int64_t settled = kind == FlushOutcome::Kind::done
                                   ? waiter.queued
                                   : std::clamp<std::int64_t>(all, 0, waiter.queued);
  return {kind, settled, waiter.queued - settled, std::move(why)};
}

}  // namespace reporterd
