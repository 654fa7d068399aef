#pragma once
// The fields of all that a flight record holds, listed once for whoever writes, reads or sums them.
// `io(name, field)` for each; names differ within a line. A structured binding over every member
// makes a new one an error here. Internal to flight_line.cpp.

#include <concepts>
#include <type_traits>

#include "daemon/core/reporter.h"

namespace reporterd {

template <class T, class U>
concept Some = std::same_as<std::remove_const_t<T>, U>;

// ---------------------------------------------------------------- elements of lists:
// `io.part(field)`

template <class IO, Some<LeasedMessage> T>
void parts(IO& io, T& message) {
  auto& [seq, key, body, attempts] = message;
  io.part(seq);
  io.length(body);
  io.part(attempts);
}

template <class IO, Some<Verdict> T>
void parts(IO& io, T& verdict) {
  auto& [kind, wait, why] = verdict;
  io.part(kind);
  io.part(wait);
}

// ---------------------------------------------------------------- what the brain knows

template <class IO, Some<RetrySettings> T>
void fields(IO& io, T& settings) {
  auto& [base, cap, message_base, failures, network_back, retry_after_max, spread] = settings;
  io("base", base);
  io("cap", cap);
  io("messageBase", message_base);
  io("failuresToBackOff", failures);
  io("networkBackWithin", network_back);
  io("retryAfterMax", retry_after_max);
  io("spread", spread);
}

template <class IO, Some<DeliverySettings> T>
void fields(IO& io, T& settings) {
  auto& [retry, in_flight, batch, max_age] = settings;
  fields(io, retry);
  io("inFlight", in_flight);
  io("batch", batch);
  io("maxAge", max_age);
}

template <class IO, Some<DestinationMemory> T>
void fields(IO& io, T& memory) {
  auto& [identity, problem, why, failures, next_attempt, retry_after_until, ever_accepted,
         rejected_in_row, last_success, last_error] = memory;
  io.hashed("destination", identity);
  io("problem", problem);
  io("failures", failures);
  io("nextAttempt", next_attempt);
  io("retryAfterUntil", retry_after_until);
  io("everAccepted", ever_accepted);
  io("rejectedInRow", rejected_in_row);
  io("lastSuccess", last_success);
  io("lastError", last_error);
}

template <class IO, Some<Ledger> T>
void fields(IO& io, T& ledger) {
  auto& [accepted, requeued, queued, held, delivered, rejected, expired, superseded, withdrawn,
         deleted, lost, duplicates, conflicts] = ledger;
  io("accepted", accepted);
  io("requeued", requeued);
  io("queued", queued);
  io("held", held);
  io("delivered", delivered);
  io("rejected", rejected);
  io("expired", expired);
  io("superseded", superseded);
  io("withdrawn", withdrawn);
  io("deleted", deleted);
  io("lost", lost);
  io("duplicates", duplicates);
  io("conflicts", conflicts);
}

template <class IO, Some<Snapshot> T>
void fields(IO& io, T& snapshot) {
  auto& [ledger, bytes_used, bytes_limit, newest, oldest_queued, oldest_accepted, disk_full] =
      snapshot;
  fields(io, ledger);
  io("bytesUsed", bytes_used);
  io("bytesLimit", bytes_limit);
  io("newest", newest);
  io("oldestQueued", oldest_queued);
  io("oldestAccepted", oldest_accepted);
  io("diskFull", disk_full);
}

template <class IO, Some<Lease> T>
void fields(IO& io, T& lease) {
  auto& [messages, next_due, more] = lease;
  io("messages", messages);
  io("nextDue", next_due);
  io("more", more);
}

template <class IO, Some<LeaseWish> T>
void fields(IO& io, T& wish) {
  auto& [now, limit, bytes, least_attempted, ignore_due] = wish;
  io("now", now);
  io("limit", limit);
  io("bytes", bytes);
  io("leastAttempted", least_attempted);
  io("ignoreDue", ignore_due);
}

// ---------------------------------------------------------------- inputs and outputs

// Woke, Finished and others of their kind have none.
template <class IO, class T>
  requires std::is_empty_v<T>
void fields(IO& /*io*/, T& /*nothing*/) {}

template <class IO, Some<input::Leased> T>
void fields(IO& io, T& in) {
  auto& [lease] = in;
  fields(io, lease);
}

template <class IO, Some<input::Committed> T>
void fields(IO& io, T& in) {
  auto& [snapshot] = in;
  fields(io, snapshot);
}

template <class IO, Some<input::Expired> T>
void fields(IO& io, T& in) {
  auto& [more] = in;
  io("more", more);
}

template <class IO, Some<input::Replied> T>
void fields(IO& io, T& in) {
  auto& [id, messages, verdicts] = in;
  io("id", id);
  io("messages", messages);
  io("verdicts", verdicts);
}

template <class IO, Some<input::FlushAsked> T>
void fields(IO& io, T& in) {
  auto& [force] = in;
  io("force", force);
}

template <class IO, Some<input::PauseAsked> T>
void fields(IO& io, T& in) {
  auto& [until] = in;
  io("until", until);
}

template <class IO, Some<input::ConsentChanged> T>
void fields(IO& io, T& in) {
  auto& [on] = in;
  io("on", on);
}

template <class IO, Some<input::Believed> T>
void fields(IO& io, T& in) {
  auto& [seqs] = in;
  io("seqs", seqs);
}

template <class IO, Some<input::NoticeChanged> T>
void fields(IO& io, T& in) {
  auto& [until] = in;
  io("until", until);
}

template <class IO, Some<input::DestinationChanged> T>
void fields(IO& io, T& in) {
  auto& [configured, memory, settings] = in;
  io("configured", configured);
  fields(io, memory);
  fields(io, settings);
}

template <class IO, Some<output::AskLease> T>
void fields(IO& io, T& out) {
  auto& [wish] = out;
  fields(io, wish);
}

template <class IO, Some<output::StartSend> T>
void fields(IO& io, T& out) {
  auto& [id, messages] = out;
  io("id", id);
  io("messages", messages);
}

template <class IO, Some<output::CancelSend> T>
void fields(IO& io, T& out) {
  auto& [id] = out;
  io("id", id);
}

template <class IO, Some<output::Settle> T>
void fields(IO& io, T& out) {
  auto& [seq, how, reason] = out;
  io("seq", seq);
  io("how", how);
}

template <class IO, Some<output::Defer> T>
void fields(IO& io, T& out) {
  auto& [seq, due, reason] = out;
  io("seq", seq);
  io("due", due);
}

template <class IO, Some<output::Release> T>
void fields(IO& io, T& out) {
  auto& [seqs] = out;
  io("seqs", seqs);
}

template <class IO, Some<output::Requeue> T>
void fields(IO& io, T& out) {
  auto& [seqs] = out;
  io("seqs", seqs);
}

template <class IO, Some<output::Expire> T>
void fields(IO& io, T& out) {
  auto& [before] = out;
  io("before", before);
}

template <class IO, Some<output::Remember> T>
void fields(IO& io, T& out) {
  auto& [memory] = out;
  fields(io, memory);
}

template <class IO, Some<output::Failed> T>
void fields(IO& /*io*/, T& /*out*/) {}  // only a text

template <class IO, Some<output::Changed> T>
void fields(IO& io, T& out) {
  auto& [from, to, why] = out;
  io("from", from);
  io("to", to);
}

// ---------------------------------------------------------------- the whole Reporter

struct ReporterFields {
  template <class IO, Some<Reporter> T>
  static void list(IO& io, T& brain) {
    fields(io, brain.settings_);
    fields(io, brain.memory_);
    io("configured", brain.configured_);
    io("consent", brain.consent_on_);
    io("paused", brain.paused_);
    io("stopping", brain.stopping_);
    io("finished", brain.finished_);
    io("pauseUntil", brain.pause_until_);
    io("noticeUntil", brain.notice_until_);
    io("ready", brain.ready_);
    io("split", brain.split_);
    io("sends", brain.sends_);
    io("leasedBytes", brain.leased_bytes_);
    io("nextSend", brain.next_send_);
    io("window", brain.window_);
    io("batchWindow", brain.batch_window_);
    io("epoch", brain.epoch_);
    io("currentSends", brain.current_sends_);
    io("failing", brain.failing_);
    io("freeProbe", brain.free_probe_);
    io("scheduledAttempt", brain.scheduled_attempt_);
    io("networkProbe", brain.last_network_probe_);
    io("rememberedSuccess", brain.last_remembered_success_);
    fields(io, brain.snapshot_);
    io("leaseAsked", brain.lease_asked_);
    io("leaseOutdated", brain.lease_outdated_);
    io("leaseRecalled", brain.lease_recalled_);
    io("exhausted", brain.exhausted_);
    io("nextDue", brain.next_due_);
    io("nextDueSinceAsk", brain.next_due_since_ask_);
    io("ignoreDue", brain.ignore_due_);
    io("expiryAsked", brain.expiry_asked_);
    io("nextExpiry", brain.next_expiry_);
    io("noted", brain.noted_);
  }

  // A record may say anything: whether a Reporter can be like this, and can be told this then. Else
  // it would run into an assertion, or go round for ever.
  static bool is_possible(const Reporter& brain) {
    const DeliverySettings& settings = brain.settings_;
    return can_wait(settings.retry) && settings.in_flight >= 1 && settings.batch >= 1 &&
           brain.window_ >= 1 && brain.batch_window_ >= 1 &&
           brain.current_sends_ <= brain.sends_.size();
  }
  static bool expects(const Reporter& brain, const input::Leased& /*in*/) {
    return brain.lease_asked_;
  }
  static bool expects(const Reporter& brain, const input::Replied& in) {
    return brain.sends_.contains(in.id) && in.messages.size() == in.verdicts.size();
  }
  static bool expects(const Reporter& /*brain*/, const input::DestinationChanged& in) {
    return can_wait(in.settings.retry);
  }
  template <class T>
  static bool expects(const Reporter& /*brain*/, const T& /*in*/) {
    return true;
  }
  static bool can_wait(const RetrySettings& settings) {
    return settings.base > Millis(0) && settings.message_base > Millis(0);
  }

  using Send = Reporter::Send;
};

template <class IO, Some<ReporterFields::Send> T>
void parts(IO& io, T& send) {
  auto& [epoch, bytes] = send;
  io.part(epoch);
  io.part(bytes);
}

}  // namespace reporterd
