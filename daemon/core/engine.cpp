#include "daemon/core/engine.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/core/assert.h"
#include "daemon/core/backoff.h"
#include "daemon/core/limits.h"

namespace reporterd {
namespace {

// One wish about stored messages, carried out inside a transaction.
struct Carry {
  Outbox& outbox;
  Now now;
  void operator()(const output::Settle& op) const { outbox.settle(op.seq, op.how, op.reason, now); }
  void operator()(const output::Defer& op) const { outbox.defer(op.seq, op.due, op.reason); }
  void operator()(const output::Release& op) const { outbox.release(op.seqs); }
  void operator()(const output::Requeue& op) const {
    for (const Seq seq : op.seqs) {
      outbox.requeue(seq, now);
    }
  }
  void operator()(const output::Remember& op) const { outbox.put(memory_name, to_json(op.memory)); }
};

}  // namespace

Engine::Engine(EnginePorts ports, EngineEvents events)
    : ports_(ports),
      events_(std::move(events)),
      flight_(ports.entropy, ports.flight),
      reporter_(flight_) {}

Engine::~Engine() = default;

void Engine::start(const Snapshot& opened) {
  take(opened);
  restore_pause();
  continue_withdrawal();
  feed(input::Committed{opened});
}

void Engine::use_destination(std::unique_ptr<Destination> destination,
                             const DeliverySettings& settings) {
  const std::uint64_t call = ++destination_calls_;
  if (!destination) {
    feed(input::DestinationChanged{false, {}, settings});
    destination_.reset();
    return;
  }
  if (destination_ && destination_->identity() == destination->identity()) {
    adopt(std::move(destination), settings,
          reporter_.memory());  // only its key or settings changed
    return;
  }
  auto kept = std::make_shared<std::optional<std::string>>();
  auto next = std::make_shared<std::unique_ptr<Destination>>(std::move(destination));
  insist(Duty{[kept](Outbox& outbox) { *kept = outbox.get(memory_name); },
              [this, call, kept, next, settings] {
                if (call != destination_calls_) {
                  return;  // there was a newer call
                }
                const std::string identity = (*next)->identity();
                adopt(std::move(*next), settings, memory_from_json(*kept, identity));
              }});
}

void Engine::adopt(std::unique_ptr<Destination> destination, DeliverySettings settings,
                   DestinationMemory memory) {
  destination_ = std::move(destination);
  settings.batch = std::min(settings.batch, destination_->batch_limit());
  feed(input::DestinationChanged{true, std::move(memory), settings});
}

void Engine::wake() {
  armed_.reset();
  const Instant now = ports_.clock.now().observed;
  if (write_again_at_ && now >= *write_again_at_) {
    write_again();
  }
  check_waiters();
  feed(input::Woke{});
}

void Engine::append(NewMessage message, Answer<Appended> answer) {
  if (!reporter_.consent_on()) {
    answer(fail(ErrorCode::consent_off, "telemetry is switched off; nothing was stored"));
    return;
  }
  struct Piece {
    NewMessage message;
    Now now;
    Appended appended = Appended::queued;
  };
  auto piece = std::make_shared<Piece>(std::move(message), accept_time());
  ports_.writer.post(
      [piece](Outbox& outbox) { piece->appended = outbox.append(piece->message, piece->now); },
      [this, piece, answer = std::move(answer),
       alive = std::weak_ptr(alive_)](const Result<Snapshot>& result) mutable {
        if (result) {
          answer(piece->appended);
        } else {
          answer(std::unexpected(result.error()));
        }
        if (!alive.expired()) {
          committed(result);
        }
      });
}

Now Engine::accept_time() {
  Now now = ports_.clock.now();
  accepted_at_ = std::max({now.observed, accepted_at_, withdrawn_at_ + Millis(1)});
  now.observed = accepted_at_;
  return now;
}

void Engine::run(Writer::Work work, std::move_only_function<void(Status)> done) {
  post_ops();
  ports_.writer.post(std::move(work), [this, done = std::move(done), alive = std::weak_ptr(alive_)](
                                          const Result<Snapshot>& result) mutable {
    if (alive.expired()) {
      return;
    }
    committed(result);
    if (done) {
      done(result ? Status{} : std::unexpected(result.error()));
    }
  });
}

// ---------------------------------------------------------------- stepping

void Engine::feed(Input input) {
  inputs_.push_back(std::move(input));
  if (std::exchange(stepping_, true)) {
    return;
  }
  while (!inputs_.empty()) {
    Input next = std::move(inputs_.front());
    inputs_.pop_front();
    const Now now = ports_.clock.now();
    flight_.before_step(reporter_, now, next);
    std::vector<Output> outputs = reporter_.step(now, std::move(next));
    flight_.after_step(outputs);
    carry_out(std::move(outputs));
  }
  stepping_ = false;
  rearm();
}

void Engine::carry_out(std::vector<Output> outputs) {
  bool can_wait = settling_;
  for (Output& output : outputs) {
    std::visit(
        [&]<class T>(T& out) {
          if constexpr (std::is_constructible_v<Op, T&&>) {
            can_wait &= std::is_same_v<T, output::Settle>;
            keep(std::move(out));
          } else {
            act(std::move(out));
          }
        },
        output);
  }
  if (!can_wait) {
    post_ops();
  }
}

void Engine::act(output::AskLease&& out) {
  post_ops();  // a lease must see what was settled before it
  auto lease = std::make_shared<Lease>();
  ports_.writer.post([lease, wish = out.wish](Outbox& outbox) { *lease = outbox.lease(wish); },
                     [this, lease, alive = std::weak_ptr(alive_)](const Result<Snapshot>& result) {
                       if (!alive.expired()) {
                         leased(result, std::move(*lease));
                       }
                     });
}

void Engine::leased(const Result<Snapshot>& result, Lease&& lease) {
  // While a hold or withdrawal is not written yet, the outbox gives out what must not be sent; and
  // while verdicts are not, no more are gathered.
  const bool usable = result && duties_due_ == 0 && failed_ops_.empty();
  committed(result);
  if (!usable) {
    if (result && !lease.messages.empty()) {
      output::Release back;
      for (const LeasedMessage& message : lease.messages) {
        back.seqs.push_back(message.seq);
      }
      keep(std::move(back));
      post_ops();
    }
    lease = Lease{{}, store_retry_at(std::chrono::seconds(5)), false};
    ++store_retries_;
  }
  feed(input::Leased{std::move(lease)});
}

void Engine::act(output::StartSend&& out) {
  ASSERT(destination_);
  Request request = destination_->request(out.messages);
  out_.emplace(out.id, std::move(out.messages));
  ports_.transport.send(out.id, std::move(request));
}

void Engine::act(output::CancelSend&& out) {
  ports_.transport.cancel(out.id);
}

void Engine::act(output::Expire&& out) {
  auto expired = std::make_shared<std::size_t>();
  run([expired, before = out.before,
       now = ports_.clock.now()](Outbox& outbox) { *expired = outbox.expire(before, slice, now); },
      [this, expired](const Status& status) { feed(input::Expired{status && *expired == slice}); });
}

void Engine::act(output::Failed&& out) {
  end_waiters(FlushOutcome::Kind::unreachable, out.why);
}

void Engine::act(output::Changed&& out) {
  if (events_.changed) {
    events_.changed(out);
  }
}

void Engine::act(output::Finished&&) {
  post_ops();
  end_waiters(FlushOutcome::Kind::timed_out, "reporterd is stopping");
  if (events_.finished) {
    events_.finished();
  }
}

void Engine::replied(SendId id, const Reply& reply) {
  const auto it = out_.find(id);
  ASSERT(it != out_.end());
  std::vector<LeasedMessage> messages = std::move(it->second);
  out_.erase(it);
  std::vector<Verdict> verdicts;
  if (destination_) {
    verdicts = destination_->verdicts(messages, reply, ports_.clock.now().wall);
  } else {
    verdicts.assign(messages.size(), Verdict{Verdict::Kind::cancelled, {}, {}});
  }
  feed(input::Replied{id, std::move(messages), std::move(verdicts)});
}

// ---------------------------------------------------------------- the outbox

void Engine::post_ops() {
  if (!ops_.empty()) {
    settling_ = true;
    post_ops(std::make_shared<Ops>(std::exchange(ops_, {})), false);
  }
}

void Engine::post_ops(const std::shared_ptr<Ops>& ops, bool again) {
  const Now now = ports_.clock.now();
  ports_.writer.post(
      [ops, now, closed = closed_sources_](Outbox& outbox) {
        bool requeued = false;
        for (const Op& op : *ops) {
          std::visit(Carry{outbox, now}, op);
          requeued |= std::holds_alternative<output::Requeue>(op);
        }
        if (requeued) {  // what came back of a Butler that is off or unknown must not go out
          for (const std::string& source : closed) {
            outbox.hold_source(source);
          }
        }
      },
      [this, ops, again, alive = std::weak_ptr(alive_)](const Result<Snapshot>& result) mutable {
        if (alive.expired()) {
          return;
        }
        settling_ = false;
        committed(result);
        post_ops();
        if (!result) {  // a verdict must not be lost: it is written down when that is possible
          std::ranges::move(*ops, std::back_inserter(failed_ops_));
          write_again_soon();
        } else if (again) {
          feed(input::Rewritten{});
        }
      });
}

void Engine::insist(Duty duty) {
  insist(std::make_shared<Duty>(std::move(duty)));
}

void Engine::insist(const std::shared_ptr<Duty>& duty) {
  run([duty](Outbox& outbox) { duty->work(outbox); },
      [this, duty](Status status) {
        const bool failed_before = std::exchange(duty->failed, !status);
        if (!status) {
          duties_due_ += failed_before ? 0 : 1;
          failed_duties_.push_back(duty);
          write_again_soon();
        } else {
          duties_due_ -= failed_before ? 1 : 0;
          if (duty->done) {
            duty->done();
          }
        }
        if (auto answer = std::exchange(duty->answer, nullptr)) {
          answer(std::move(status));
        }
      });
}

void Engine::write_again_soon() {
  if (!write_again_at_) {
    write_again_at_ = store_retry_at(std::chrono::seconds(1));
    rearm();
  }
}

// When to ask the outbox again after it failed; `base`: after its first failure.
Instant Engine::store_retry_at(Millis base) {
  return ports_.clock.now().observed +
         equal_jitter(base, std::chrono::minutes(1), store_retries_, ports_.entropy);
}

void Engine::write_again() {
  write_again_at_.reset();
  ++store_retries_;
  // What was to be remembered then is old by now.
  remember_again_ |= std::erase_if(failed_ops_, [](const Op& op) {
                       return std::holds_alternative<output::Remember>(op);
                     }) > 0;
  if (!failed_ops_.empty()) {
    post_ops(std::make_shared<Ops>(std::exchange(failed_ops_, {})), true);
  }
  if (std::exchange(remember_again_, false) && destination_) {
    keep(output::Remember{reporter_.memory()});  // written with the next, or when wake() ends
  }
  for (std::shared_ptr<Duty>& duty : std::exchange(failed_duties_, {})) {
    if (duty->is_over && duty->is_over()) {
      --duties_due_;
    } else {
      insist(duty);
    }
  }
  continue_withdrawal();
}

void Engine::committed(const Result<Snapshot>& result) {
  const bool was_well = !store_problem_;
  if (result && was_well && *result == snapshot_) {
    return;  // one of many pieces of one commit
  }
  if (result) {
    store_retries_ = 0;
    store_problem_.reset();
    take(*result);
    if (!was_well && events_.store) {
      events_.store(store_problem_);
    }
    feed(input::Committed{snapshot_});
    check_waiters();
    return;
  }
  store_problem_ = result.error();
  if (was_well && events_.store) {
    events_.store(store_problem_);
  }
}

void Engine::take(const Snapshot& snapshot) {
  const bool was_full = std::exchange(snapshot_, snapshot).disk_full;
  if (snapshot.disk_full != was_full && events_.disk_full) {
    events_.disk_full(snapshot.disk_full);
  }
}

void Engine::rearm() {
  if (stepping_ || !events_.wake_at) {
    return;
  }
  std::optional<Instant> at = reporter_.wake_at();
  keep_earlier(at, write_again_at_);
  for (const Waiter& waiter : waiters_) {
    keep_earlier(at, waiter.deadline);
  }
  if (at != armed_) {
    armed_ = at;
    events_.wake_at(at);
  }
}

}  // namespace reporterd
