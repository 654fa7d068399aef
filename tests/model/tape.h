#pragma once
// What a piece of work asks of an outbox and is told, as plain numbers: a closure cannot be
// compared, what it does can.

#include <cstdint>
#include <string_view>
#include <vector>

#include "daemon/core/outbox.h"

namespace reporterd::model {

// The one destination of the model.
inline constexpr const char* url = "https://collector.example/v1/messages";
inline constexpr const char* identity = "http https://collector.example/v1/messages";

// Waits do not grow beyond so many failures (settings in model_world.cpp).
inline constexpr int failures_told_apart = 4;

struct Tape {
  enum class Kind : std::uint8_t { number, later, accepted };  // how Fingerprint counts it
  struct Entry {
    Kind kind = Kind::number;
    std::int64_t value = 0;
  };
  std::vector<Entry> entries;

  void number(std::int64_t value) { entries.push_back({Kind::number, value}); }
  void text(std::string_view value);
  void kept_value(std::string_view name, std::string_view value);  // of Outbox::put
  void later(Instant value) { entries.push_back({Kind::later, to_ms(value)}); }
  void accepted(Instant value) { entries.push_back({Kind::accepted, to_ms(value)}); }
};

// Passes everything on and writes it down. Without an outbox behind it all answers are empty.
class TapedOutbox final : public Outbox {
 public:
  TapedOutbox(Outbox* outbox, Tape& tape) : outbox_(outbox), tape_(tape) {}

  Appended append(const NewMessage& message, Now now) override;
  Lease lease(const LeaseWish& wish) override;
  bool settle(Seq seq, State how, std::string_view reason, Now now) override;
  void defer(Seq seq, Instant due, std::string_view reason) override;
  void release(std::span<const Seq> seqs) override;
  std::size_t expire(Instant before, std::size_t limit, Now now) override;
  bool remove(Seq seq, Now now) override;
  bool requeue(Seq seq, Now now) override;
  void hold_source(std::string_view source) override;
  void release_source(std::string_view source) override;
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
  template <class T>
  T noted(T answer) {
    tape_.number(static_cast<std::int64_t>(answer));
    return answer;
  }
  Outbox* outbox_;
  Tape& tape_;
};

}  // namespace reporterd::model
