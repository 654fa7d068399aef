#pragma once
// What can go wrong, as values. `code` is for decisions, `what` for people: one line that says what
// happened and what to do. Bugs are not errors: they end the process (ASSERT in assert.h).

#include <expected>
#include <string>
#include <utility>

namespace reporterd {

enum class ErrorCode {
  invalid,        // the input breaks a documented rule
  too_large,      // over a documented limit
  conflict,       // same message key, other bytes
  too_old,        // older than the deduplication window
  storage_full,   // outbox at its limit, or the disk is full; try later
  consent_off,    // telemetry is switched off
  not_found,      // no such message, method, file
  not_possible,   // not in this state (paused, auth problem, no destination, ...)
  locked,         // another process holds the outbox
  newer_version,  // written by a newer reporterd that forbids this one to read it
  corrupt,        // damaged file
  io,             // the operating system said no
  config,         // configuration error; the text names file, line, key and what is allowed
  unavailable,    // not now: stopping, or the peer is silent
};

struct Error {
  ErrorCode code;
  std::string what;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = std::expected<void, Error>;

inline std::unexpected<Error> fail(ErrorCode code, std::string what) {
  return std::unexpected(Error{code, std::move(what)});
}

}  // namespace reporterd
