#include "daemon/core/reporter.h"

#include <algorithm>
#include <utility>

#include "daemon/core/assert.h"
#include "daemon/core/backoff.h"
#include "daemon/core/limits.h"

namespace reporterd {
namespace {

std::vector<Seq> seqs_of(const std::deque<LeasedMessage>& messages) {
  std::vector<Seq> seqs;
  seqs.reserve(messages.size());
  for (const LeasedMessage& message : messages) {
    seqs.push_back(message.seq);
  }
  return seqs;
}

}  // namespace

Reporter::Reporter(Entropy& entropy) : entropy_(entropy) {}

std::vector<Output> Reporter::step(Now now, Input input) {
  std::visit([&](auto&& in) { take(now, std::forward<decltype(in)>(in)); }, std::move(input));
  notice_until_ = notice_until(now.observed);
  pump(now);
  note_condition(now);
  return std::exchange(out_, {});
}

// ---------------------------------------------------------------- inputs

void Reporter::take(Now now, input::Woke&&) {
  if (pause_until_ && now.observed >= *pause_until_) {
    paused_ = false;
    pause_until_.reset();
  }
}

void Reporter::take(Now now, input::Leased&& in) {
  ASSERT(lease_asked_);
  lease_asked_ = false;
  exhausted_ = !in.lease.more && !lease_outdated_;
  next_due_ = in.lease.next_due;
  keep_earlier(next_due_, next_due_since_ask_);
  for (LeasedMessage& message : in.lease.messages) {
    leased_bytes_ += message.body.size();
    ready_.push_back(std::move(message));
  }
  if (std::exchange(lease_recalled_, false) || !may_send(now.observed)) {
    release_ready();
  }
}

void Reporter::take(Now, input::Committed&& in) {
  const Ledger& was = snapshot_.ledger;
  const Ledger& is = in.snapshot.ledger;
  if (in.snapshot.newest > snapshot_.newest || is.requeued != was.requeued || is.held < was.held) {
    look_again();
  }
  snapshot_ = in.snapshot;
}

void Reporter::take(Now now, input::Expired&& in) {
  expiry_asked_ = false;
  next_expiry_ = in.more ? now.observed : now.observed + expire_again_after;
}

void Reporter::take(Now now, input::Replied&& in) {
  const auto it = sends_.find(in.id);
  ASSERT(it != sends_.end());
  ASSERT(in.messages.size() == in.verdicts.size());
  const Send send = it->second;
  sends_.erase(it);
  leased_bytes_ -= send.bytes;
  if (send.epoch == epoch_) {
    --current_sends_;
  }
  const bool any_accepted = std::ranges::any_of(in.verdicts, [](const Verdict& verdict) {
    return verdict.kind == Verdict::Kind::delivered || verdict.kind == Verdict::Kind::duplicate;
  });
  if (any_accepted) {
    succeeded(now, send);
  }
  if (split(in.messages, in.verdicts)) {
    return;
  }
  for (std::size_t i = 0; i < in.messages.size(); ++i) {
    judge(now, send, in.messages[i], in.verdicts[i]);
  }
}

void Reporter::take(Now now, input::NetworkChanged&&) {
  const bool recently =
      last_network_probe_ && now.observed < *last_network_probe_ + network_probe_every;
  if (memory_.problem != Problem::unreachable || !has_backlog() || recently) {
    return;
  }
  const Instant when = now.observed + draw_up_to(entropy_, settings_.retry.network_back_within);
  if (when >= memory_.next_attempt) {
    return;
  }
  last_network_probe_ = now.observed;
  free_probe_ = true;
  scheduled_attempt_ = memory_.next_attempt;
  memory_.next_attempt = when;
}

// A key or a certificate; a TLS refusal of an old one looks like an unreachable destination.
void Reporter::take(Now now, input::SecretChanged&&) {
  const bool may_help = memory_.problem == Problem::auth || memory_.problem == Problem::unreachable;
  if (may_help && has_backlog()) {
    const Instant when = now.observed + draw_up_to(entropy_, settings_.retry.network_back_within);
    memory_.next_attempt = std::min(memory_.next_attempt, when);
  }
}

void Reporter::take(Now now, input::FlushAsked&& in) {
  if (in.force) {
    memory_.retry_after_until = Instant{};
  }
  if (now.observed < memory_.retry_after_until) {
    return;
  }
  ignore_due_ = true;
  look_again();
  memory_.next_attempt = now.observed;
}

void Reporter::take(Now, input::PauseAsked&& in) {
  paused_ = true;
  pause_until_ = in.until;
  release_ready();
}

void Reporter::take(Now, input::ResumeAsked&&) {
  paused_ = false;
  pause_until_.reset();
}

void Reporter::take(Now, input::ConsentChanged&& in) {
  consent_on_ = in.on;
  if (!consent_on_) {
    release_ready();
    cancel_all();
  }
}

void Reporter::take(Now, input::NoticeChanged&& in) {
  notice_until_ = in.until;
}

void Reporter::take(Now, input::DestinationChanged&& in) {
  release_ready();
  const bool other = in.memory.identity != memory_.identity;
  if (other || !in.configured) {
    cancel_all();
  }
  if (other) {
    failing_.clear();
    free_probe_ = false;
    last_network_probe_.reset();
    memory_ = std::move(in.memory);
  }
  configured_ = in.configured;
  settings_ = in.settings;
  settings_.in_flight = std::max<std::size_t>(settings_.in_flight, 1);
  settings_.batch = std::max<std::size_t>(settings_.batch, 1);
  new_epoch();
}

void Reporter::take(Now, input::Rewritten&&) {
  look_again();
}

void Reporter::take(Now, input::Recalled&&) {
  lease_recalled_ = lease_asked_;
  release_ready();
  cancel_all();
}

void Reporter::take(Now, input::Believed&& in) {
  const auto is_believed = [&](Seq seq) {
    return std::ranges::find(in.seqs, seq) != in.seqs.end();
  };
  if (std::erase_if(memory_.rejected_in_row, is_believed) > 0) {
    remember();
  }
}

void Reporter::take(Now, input::StopAsked&&) {
  stopping_ = true;
  release_ready();
  cancel_all();
}

// ---------------------------------------------------------------- what may start now

void Reporter::pump(Now now) {
  if (stopping_) {
    if (sends_.empty() && !finished_) {
      finished_ = true;
      out_.push_back(output::Finished{});
    }
    return;
  }
  if (!consent_on_) {
    return;
  }
  ask_expiry(now);
  if (may_send(now.observed)) {
    start_sends();
    ask_lease(now);
  }
}

void Reporter::start_sends() {
  while (has_room() && !(ready_.empty() && split_.empty())) {
    std::vector<LeasedMessage> messages = take_batch();
    const SendId id = next_send_++;
    sends_.emplace(id, Send{epoch_, body_bytes(messages)});
    ++current_sends_;
    out_.push_back(output::StartSend{id, std::move(messages)});
  }
}

std::vector<LeasedMessage> Reporter::take_batch() {
  std::vector<LeasedMessage> messages;
  if (!split_.empty()) {
    messages = std::move(split_.back());
    split_.pop_back();
    return messages;
  }
  while (messages.size() < batch_window_ && !ready_.empty()) {
    messages.push_back(std::move(ready_.front()));
    ready_.pop_front();
  }
  return messages;
}

void Reporter::ask_lease(Now now) {
  if (next_due_ && *next_due_ <= now.observed) {
    exhausted_ = false;
    next_due_.reset();
  }
  // Twice what can be in flight: the next lease comes after the commit before it.
  const std::size_t wanted = 2 * window_ * batch_window_;
  const bool nothing_more = snapshot_.ledger.queued == 0 || exhausted_;
  if (lease_asked_ || nothing_more || ready_.size() >= wanted ||
      leased_bytes_ >= leased_bytes_max) {
    return;
  }
  const bool probing = in_trouble();
  if (probing && current_sends_ > 0) {
    return;  // one probe at a time
  }
  LeaseWish wish;
  wish.now = now.observed;
  wish.limit = probing ? 1 : std::min(lease_limit, 2 * wanted);
  wish.bytes = leased_bytes_max - leased_bytes_;
  wish.least_attempted = probing;
  wish.ignore_due = std::exchange(ignore_due_, false);
  lease_asked_ = true;
  lease_outdated_ = false;
  next_due_since_ask_.reset();
  out_.push_back(output::AskLease{wish});
}

void Reporter::ask_expiry(Now now) {
  if (expiry_asked_ || !snapshot_.oldest_accepted || now.observed < next_expiry_ ||
      now.observed < *snapshot_.oldest_accepted + settings_.max_age) {
    return;
  }
  expiry_asked_ = true;
  out_.push_back(output::Expire{now.observed - settings_.max_age});
}

bool Reporter::may_send(Instant now) const {
  return configured_ && consent_on_ && !paused_ && !stopping_ && !notice_until_ &&
         now >= memory_.next_attempt && now >= memory_.retry_after_until;
}

// The last that was heard was trouble: one message probes before the rest follows.
bool Reporter::in_trouble() const {
  return memory_.problem != Problem::none;
}

// Requests of an earlier epoch may still hang; they keep their places, but do not block the probe.
bool Reporter::has_room() const {
  return current_sends_ < window_ && sends_.size() < settings_.in_flight;
}

bool Reporter::has_backlog() const {
  return snapshot_.ledger.queued > 0;
}

// Something became leasable that the last lease, or the one asked for, did not see.
void Reporter::look_again() {
  exhausted_ = false;
  lease_outdated_ = true;
}

void Reporter::wait_until(Instant due) {
  keep_earlier(next_due_, due);
  keep_earlier(next_due_since_ask_, due);
}

void Reporter::release_ready() {
  std::vector<Seq> seqs = seqs_of(ready_);
  for (const LeasedMessage& message : ready_) {
    leased_bytes_ -= message.body.size();
  }
  ready_.clear();
  for (const auto& messages : split_) {
    leased_bytes_ -= body_bytes(messages);
    for (const LeasedMessage& message : messages) {
      seqs.push_back(message.seq);
    }
  }
  split_.clear();
  if (!seqs.empty()) {
    look_again();
    out_.push_back(output::Release{std::move(seqs)});
  }
}

void Reporter::cancel_all() {
  for (const auto& [id, send] : sends_) {
    out_.push_back(output::CancelSend{id});
  }
  new_epoch();
}

void Reporter::new_epoch() {
  ++epoch_;
  current_sends_ = 0;
  window_ = 1;
  batch_window_ = 1;
}

}  // namespace reporterd
