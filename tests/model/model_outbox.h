#pragma once
// The outbox as a value: what core/outbox.h promises and nothing else, so that a whole one can be
// copied and told from another. SQLite's cannot be copied cheaply; model_outbox_test holds this one
// to it. Left out: limits, history's end, and reports that are superseded.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/outbox.h"

namespace reporterd::model {

class ModelOutbox final : public Outbox {
 public:
  struct Message {
    Seq seq = 0;
    std::shared_ptr<const NewMessage> told;
    State state = State::queued;
    Instant accepted;
    std::optional<Instant> due;
    int attempts = 0;
    bool may_have_arrived = false;
    bool body_kept = true;
    bool requeued = false;

    bool is_waiting() const { return state <= State::held; }
  };

  Snapshot snapshot() const;
  void crash();  // forgets what is in memory only
  const std::vector<Message>& messages() const { return messages_; }
  const std::map<std::string, std::string>& values() const { return values_; }
  bool is_leased(Seq seq) const { return leased_.contains(seq); }
  bool may_ever_have_been_leased(Seq seq) const { return seq <= lease_watermark_; }
  bool is_under_withdrawal(const Message& message) const;
  // What else tells two outboxes apart.
  Seq leased_before() const { return leased_before_; }
  void keep_leases_of(const ModelOutbox& other) { leased_ = other.leased_; }

  Appended append(const NewMessage& message, Now now) override;
  Lease lease(const LeaseWish& wish) override;
  bool settle(Seq seq, State how, std::string_view reason, Now now) override;
  void defer(Seq seq, Instant due, std::string_view reason) override;
  void release(std::span<const Seq> seqs) override;
  std::size_t expire(Instant before, std::size_t limit, Now now) override;
  bool remove(Seq seq, Now now) override;
  bool requeue(Seq seq, Now now) override;
  void hold_source(std::string_view source) override { switch_source(source, State::held); }
  void release_source(std::string_view source) override { switch_source(source, State::queued); }
  void begin_withdrawal(const WithdrawScope& scope, Instant decided) override;
  std::size_t continue_withdrawal(std::size_t limit, Now now) override;
  std::optional<std::string> get(std::string_view name) override;
  void put(std::string_view name, std::string_view value) override;
  std::vector<std::string> names(std::string_view prefix) override;
  std::vector<Row> list(const Listing& listing) override;
  std::optional<Row> find(Seq seq) override;
  std::optional<std::string> body(Seq seq) override;
  bool has_key(const MessageKey& key) override;

 private:
  struct Epoch {
    WithdrawScope scope;
    Seq up_to = 0;
  };

  Message* at(Seq seq);
  void finish(Message& message, State how);
  void switch_source(std::string_view source, State to);
  std::size_t left_to_withdraw() const;
  std::vector<Message*> candidates(bool fresh, bool by_attempts, Instant due_until);

  // On disk.
  std::vector<Message> messages_;  // in the order of their positions
  std::map<std::string, std::string> values_;
  std::vector<Epoch> epochs_;
  Ledger ledger_;
  Seq lease_watermark_ = 0;
  // In memory.
  std::set<Seq> leased_;
  Seq leased_highest_ = 0;
  Seq leased_before_ = 0;
};

}  // namespace reporterd::model
