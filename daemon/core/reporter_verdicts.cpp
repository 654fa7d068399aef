// What each reply means: for its messages, and for the destination as a whole.
#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/core/backoff.h"
#include "daemon/core/limits.h"
#include "daemon/core/reporter.h"

namespace reporterd {
namespace {

bool refuses(const Verdict& verdict) {
  return verdict.kind == Verdict::Kind::rejected || verdict.kind == Verdict::Kind::too_large;
}

}  // namespace

void Reporter::judge(Now now, const Send& send, const LeasedMessage& message,
                     const Verdict& verdict) {
  switch (verdict.kind) {
    case Verdict::Kind::delivered:
    case Verdict::Kind::duplicate:
      out_.push_back(output::Settle{message.seq, State::delivered, verdict.why});
      return;
    case Verdict::Kind::rejected:
    case Verdict::Kind::too_large:
      judge_rejection(now, send, message, verdict);
      return;
    case Verdict::Kind::retry:
      judge_retry(now, send, message, verdict);
      return;
    case Verdict::Kind::unreachable:
      put_back(message);
      unreachable(now, send, verdict.why);
      return;
    case Verdict::Kind::retry_after:
      put_back(message);
      asked_to_wait(now, send, verdict);
      return;
    case Verdict::Kind::auth_problem:
      put_back(message);
      refused_as_a_whole(now, send, Problem::auth, verdict.why);
      return;
    case Verdict::Kind::config_problem:
      put_back(message);
      refused_as_a_whole(now, send, Problem::config, verdict.why);
      return;
    case Verdict::Kind::cancelled:  // it may have arrived, so it counts as an attempt
      count_attempt(now, message, "cancelled");
      return;
  }
}

void Reporter::judge_rejection(Now now, const Send& send, const LeasedMessage& message,
                               const Verdict& verdict) {
  std::vector<Seq>& rejected = memory_.rejected_in_row;
  if (memory_.ever_accepted) {
    reached(now, send);
    out_.push_back(output::Settle{message.seq, State::rejected, verdict.why});
    return;
  }
  if (memory_.problem == Problem::config) {    // still refusing everything: nothing is believed
    count_attempt(now, message, verdict.why);  // another message probes next
    refused_as_a_whole(now, send, Problem::config, verdict.why);
    return;
  }
  if (std::ranges::find(rejected, message.seq) == rejected.end()) {
    rejected.push_back(message.seq);
  }
  if (rejected.size() < rejections_to_doubt) {
    reached(now, send);
    out_.push_back(output::Settle{message.seq, State::rejected, verdict.why});
    remember();
    return;
  }
  // Three in a row and never a success: it is not the messages. Take back what was believed.
  rejected.pop_back();
  out_.push_back(output::Requeue{std::exchange(rejected, {})});
  count_attempt(now, message, verdict.why);
  refused_as_a_whole(now, send, Problem::config,
                     "every message is rejected, none was ever accepted: " + verdict.why);
}

void Reporter::judge_retry(Now now, const Send& send, const LeasedMessage& message,
                           const Verdict& verdict) {
  const Millis wait =
      equal_jitter(settings_.retry.message_base, settings_.retry.cap, message.attempts, entropy_);
  const Instant due = now.observed + wait;
  out_.push_back(output::Defer{message.seq, due, verdict.why});
  wait_until(due);
  failing_.insert(message.seq);
  if (in_trouble() ||
      failing_.size() >= static_cast<std::size_t>(settings_.retry.failures_to_back_off)) {
    unreachable(now, send, verdict.why);
  }
}

bool Reporter::split(std::vector<LeasedMessage>& messages, const std::vector<Verdict>& verdicts) {
  if (messages.size() < 2 || !std::ranges::all_of(verdicts, refuses)) {
    return false;
  }
  leased_bytes_ += body_bytes(messages);
  // Halves, or less where the configuration allows less by now.
  const std::size_t most = std::min(messages.size() - messages.size() / 2, settings_.batch);
  while (!messages.empty()) {
    const std::size_t count = std::min(most, messages.size());
    const auto first = messages.end() - static_cast<std::ptrdiff_t>(count);
    split_.emplace_back(std::make_move_iterator(first), std::make_move_iterator(messages.end()));
    messages.erase(first, messages.end());
  }
  return true;
}

void Reporter::put_back(const LeasedMessage& message) {
  out_.push_back(output::Release{{message.seq}});
  look_again();
}

// A request from before the Retry-After that is in force: its reply cannot end that wait.
bool Reporter::is_outdated(const Send& send, Now now) const {
  return send.epoch != epoch_ && now.observed < memory_.retry_after_until;
}

// It may be sent again at once, but those with fewer attempts probe before it.
void Reporter::count_attempt(Now now, const LeasedMessage& message, const std::string& why) {
  out_.push_back(output::Defer{message.seq, now.observed, why});
  look_again();
}

void Reporter::succeeded(Now now, const Send& send) {
  const bool was_in_trouble = in_trouble();
  const bool first = !memory_.ever_accepted;
  failing_.clear();
  memory_.ever_accepted = true;
  memory_.rejected_in_row.clear();
  memory_.last_success = now.wall;
  if (!is_outdated(send, now)) {
    end_trouble();
    window_ = std::min(window_ * 2, settings_.in_flight);
    batch_window_ = std::min(batch_window_ * 2, settings_.batch);
  }
  const bool stale = !last_remembered_success_ ||
                     now.observed >= *last_remembered_success_ + remember_success_every;
  if (was_in_trouble || first || stale) {
    last_remembered_success_ = now.observed;
    remember();
  }
}

// The service itself has spoken, if only to reject a message: it is there.
void Reporter::reached(Now now, const Send& send) {
  if (in_trouble() && !is_outdated(send, now)) {
    end_trouble();
    remember();
  }
}

void Reporter::end_trouble() {
  free_probe_ = false;
  memory_.problem = Problem::none;
  memory_.why.clear();
  memory_.failures = 0;
  memory_.next_attempt = Instant{};
  memory_.retry_after_until = Instant{};
}

void Reporter::unreachable(Now now, const Send& send, const std::string& why) {
  if (send.epoch != epoch_) {
    return;  // started before the last trouble: says nothing new
  }
  Instant next{};
  if (free_probe_) {
    next = std::max(scheduled_attempt_, now.observed);
  } else {
    next = now.observed +
           equal_jitter(settings_.retry.base, settings_.retry.cap, memory_.failures, entropy_);
    ++memory_.failures;
  }
  destination_failed(now, Problem::unreachable, next, why);
}

void Reporter::asked_to_wait(Now now, const Send& send, const Verdict& verdict) {
  if (!verdict.wait) {
    unreachable(now, send, verdict.why);
    return;
  }
  // Heeded from an older request, too; but a wait that is in force already is not spread again.
  const Instant least = now.observed + retry_after_least(*verdict.wait, settings_.retry);
  if (send.epoch != epoch_ && least <= memory_.retry_after_until) {
    return;
  }
  const Instant until = now.observed + retry_after_wait(*verdict.wait, settings_.retry, entropy_);
  memory_.retry_after_until = std::max(memory_.retry_after_until, until);
  const Instant next = std::max(memory_.next_attempt, memory_.retry_after_until);
  destination_failed(now, Problem::asked_to_wait, next, verdict.why);
}

void Reporter::refused_as_a_whole(Now now, const Send& send, Problem problem,
                                  const std::string& why) {
  if (send.epoch != epoch_) {
    return;
  }
  const Millis cap = settings_.retry.cap;
  destination_failed(now, problem, now.observed + equal_jitter(cap, cap, 0, entropy_), why);
}

void Reporter::destination_failed(Now now, Problem problem, Instant next, const std::string& why) {
  memory_.problem = problem;
  memory_.why = why;
  memory_.next_attempt = next;
  memory_.last_error = now.wall;
  free_probe_ = false;
  new_epoch();
  ignore_due_ = false;
  release_ready();
  out_.push_back(output::Failed{why});
  remember();
}

}  // namespace reporterd
