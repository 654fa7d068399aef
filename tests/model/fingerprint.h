#pragma once
// Tells the states of a world apart. Two states of one fingerprint go on in the same way: times
// count from now, a time that is over is "over", ids and counters that only grow count by what they
// are compared with. The members are taken by structured bindings, so that a new one does not
// compile before it is said here how it tells states apart.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/core/engine.h"
#include "tests/model/model_outbox.h"
#include "tests/model/tape.h"

namespace reporterd {

struct Fingerprint {
  // `max_age`: beyond it no age matters any more.
  Fingerprint(Instant at, Millis age) : now_(at), max_age_(age) {}

  void add(std::uint64_t value);
  void add_later(Instant time);  // a time that matters until it is over
  void add_later(std::optional<Instant> time);
  void add_age(Instant time);  // when something was accepted: its order, and its age
  void add(const DestinationMemory& memory);
  void add(const Snapshot& snapshot);
  void add(const model::Tape& tape);
  void add(const model::ModelOutbox& outbox);
  void add(const Reporter& reporter);
  // `outbox`: what waits to be written again is told by what it would do.
  void add(const Engine& engine);
  std::uint64_t value() const;

  // The calls that answers to come compare with.
  static std::uint64_t calls(const Engine& engine);

 private:
  void add(const std::vector<Seq>& seqs);
  void add(const LeasedMessage& message);
  void add_op(const Engine::Op& op);

  Instant now_;
  Millis max_age_;
  std::uint64_t hash_ = 0;
  std::vector<Instant> ages_;
};

}  // namespace reporterd
