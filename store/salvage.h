#pragma once
// A new outbox out of what can be read of a damaged one.
//
// What was waiting is believed only when its SHA-256 holds over key and body, and keeps key,
// position, age and state. Of what was settled the keys are kept, so that nothing is taken twice;
// its history stays in the damaged file. What a withdrawal had marked is settled as withdrawn.
//
// How many are lost: when the old ledger's row can be read, as many as it counts as waiting and are
// neither salvaged nor withdrawn; all other counters go on. When it cannot, every position up to
// the highest one seen was accepted once: those of which neither a settled row nor a key record
// tells the end, nor anything was salvaged, are lost. That may be too many (settled rows are
// damaged, too; key records are forgotten in time), never too few up to that position.

#include <cstddef>
#include <cstdint>
#include <string>

#include "daemon/core/result.h"

namespace reporterd {

struct Salvaged {
  std::int64_t messages = 0;  // queued or held again
  std::int64_t lost = 0;      // were waiting and cannot be read
};

// Builds the outbox `to` (and, meanwhile, scratch files beside it) from `from` and its WAL, which
// are only read; complete and on disk when it returns. Whatever an earlier, interrupted salvage
// left at `to` is thrown away. Reads `from` twice from end to end; memory does not grow with it.
// Errors: locked (another process is at it), storage_full, io.
Result<Salvaged> salvage(const std::string& from, const std::string& to);

}  // namespace reporterd
