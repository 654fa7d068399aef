#pragma once
// An outbox that has nothing and keeps nothing: for tests of who runs pieces of work, and when.

#include "daemon/core/outbox.h"

namespace reporterd {

class NullOutbox final : public Outbox {
 public:
  Appended append(const NewMessage&, Now) override { return Appended::queued; }
  Lease lease(const LeaseWish&) override { return {}; }
  bool settle(Seq, State, std::string_view, Now) override { return false; }
  void defer(Seq, Instant, std::string_view) override {}
  void release(std::span<const Seq>) override {}
  std::size_t expire(Instant, std::size_t, Now) override { return 0; }
  bool remove(Seq, Now) override { return false; }
  bool requeue(Seq, Now) override { return false; }
  void hold_source(std::string_view) override {}
  void release_source(std::string_view) override {}
  void begin_withdrawal(const WithdrawScope&, Instant) override {}
  std::size_t continue_withdrawal(std::size_t, Now) override { return 0; }
  std::optional<std::string> get(std::string_view) override { return std::nullopt; }
  void put(std::string_view, std::string_view) override {}
  std::vector<std::string> names(std::string_view) override { return {}; }
  std::vector<Row> list(const Listing&) override { return {}; }
  std::optional<Row> find(Seq) override { return std::nullopt; }
  std::optional<std::string> body(Seq) override { return std::nullopt; }
  bool has_key(const MessageKey&) override { return false; }
};

}  // namespace reporterd
