#pragma once
// An Outbox that tells what is asked of another one, for one piece of work. The account is only
// true once the transaction is committed, and a piece may run twice: so it is written afresh.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/outbox.h"

namespace reporterd::sim {

// Grows with everything that is done, so that "before" has a meaning within a millisecond.
using Moment = std::uint64_t;

// What one piece of work did.
struct Deeds {
  Moment offered = 0;  // when what it appends was handed in
  std::vector<std::pair<MessageKey, Appended>> appended;
  std::size_t bytes_stored = 0;                // of bodies
  std::vector<std::pair<Seq, State>> settled;  // settle() that was believed
  std::vector<Seq> requeued;
  std::vector<Seq> removed;
  std::vector<LeasedMessage> leased;
  bool all_due = false;                 // a lease made all due that waited for their own retry
  std::vector<Seq> returned;            // settled, deferred or released: not leased any more
  std::vector<Instant> expired_before;  // asked for
};

class WatchedOutbox final : public Outbox {
 public:
  WatchedOutbox(Outbox& outbox, Deeds& deeds) : outbox_(outbox), deeds_(deeds) { deeds_ = {}; }

  Appended append(const NewMessage& message, Now now) override;
  Lease lease(const LeaseWish& wish) override;
  bool settle(Seq seq, State how, std::string_view reason, Now now) override;
  void defer(Seq seq, Instant due, std::string_view reason) override;
  void release(std::span<const Seq> seqs) override;
  std::size_t expire(Instant before, std::size_t limit, Now now) override;
  bool remove(Seq seq, Now now) override;
  bool requeue(Seq seq, Now now) override;
  void hold_source(std::string_view source) override { outbox_.hold_source(source); }
  void release_source(std::string_view source) override { outbox_.release_source(source); }
  void begin_withdrawal(const WithdrawScope& scope, Instant decided) override {
    outbox_.begin_withdrawal(scope, decided);
  }
  std::size_t continue_withdrawal(std::size_t limit, Now now) override {
    return outbox_.continue_withdrawal(limit, now);
  }
  std::optional<std::string> get(std::string_view name) override { return outbox_.get(name); }
  void put(std::string_view name, std::string_view value) override { outbox_.put(name, value); }
  std::vector<std::string> names(std::string_view prefix) override { return outbox_.names(prefix); }
  std::vector<Row> list(const Listing& listing) override { return outbox_.list(listing); }
  std::optional<Row> find(Seq seq) override { return outbox_.find(seq); }
  std::optional<std::string> body(Seq seq) override { return outbox_.body(seq); }
  bool has_key(const MessageKey& key) override { return outbox_.has_key(key); }

 private:
  Outbox& outbox_;
  Deeds& deeds_;
};

}  // namespace reporterd::sim
