#include "tests/sim/watched_outbox.h"

namespace reporterd::sim {

Appended WatchedOutbox::append(const NewMessage& message, Now now) {
  const Appended answer = outbox_.append(message, now);
  deeds_.appended.emplace_back(message.key, answer);
  deeds_.bytes_stored += answer == Appended::queued ? message.body.size() : 0;
  return answer;
}

Lease WatchedOutbox::lease(const LeaseWish& wish) {
  Lease lease = outbox_.lease(wish);
  deeds_.leased.insert(deeds_.leased.end(), lease.messages.begin(), lease.messages.end());
  deeds_.all_due |= wish.ignore_due;
  return lease;
}

bool WatchedOutbox::settle(Seq seq, State how, std::string_view reason, Now now) {
  const bool believed = outbox_.settle(seq, how, reason, now);
  deeds_.returned.push_back(seq);
  if (believed) {
    deeds_.settled.emplace_back(seq, how);
  }
  return believed;
}

void WatchedOutbox::defer(Seq seq, Instant due, std::string_view reason) {
  outbox_.defer(seq, due, reason);
  deeds_.returned.push_back(seq);
}

void WatchedOutbox::release(std::span<const Seq> seqs) {
  outbox_.release(seqs);
  deeds_.returned.insert(deeds_.returned.end(), seqs.begin(), seqs.end());
}

std::size_t WatchedOutbox::expire(Instant before, std::size_t limit, Now now) {
  deeds_.expired_before.push_back(before);
  return outbox_.expire(before, limit, now);
}

bool WatchedOutbox::remove(Seq seq, Now now) {
  const bool done = outbox_.remove(seq, now);
  if (done) {
    deeds_.removed.push_back(seq);
  }
  return done;
}

bool WatchedOutbox::requeue(Seq seq, Now now) {
  const bool done = outbox_.requeue(seq, now);
  if (done) {
    deeds_.requeued.push_back(seq);
  }
  return done;
}

}  // namespace reporterd::sim
