#pragma once
// The subjects of fuzzing. Each is a function that takes any bytes, feeds them to a part of the
// programs, and throws a Violation when something promised does not hold. README.md lists the
// promises. libFuzzer drives them through entry.cpp, the ordinary tests through replay_test.cpp.

#include <stdexcept>
#include <string>
#include <string_view>

namespace reporterd::fuzz {

struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// `what`: the promise, and what was seen instead; one that costs is made only when it is needed.
inline void require(bool holds, const char* what) {
  if (!holds) {
    throw Violation(what);
  }
}
template <class Seen>
void require(bool holds, const char* what, const Seen& seen) {
  if (!holds) {
    throw Violation(std::string(what) + ": " + std::string(seen));
  }
}

// A text for people: UTF-8 on one line, no control character.
void require_one_line(std::string_view text);

void rpc_line(std::string_view input);
void message(std::string_view input);
void butler_yaml(std::string_view input);
void config_yaml(std::string_view input);
void http_reply(std::string_view input);
void flight(std::string_view input);
void outbox_open(std::string_view input);
void outbox_salvage(std::string_view input);

}  // namespace reporterd::fuzz
