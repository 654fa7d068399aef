#pragma once
// strace(1) on reporterd: a record of what it asks of the kernel, or faults in the answers.

#include <sys/types.h>

#include <optional>
#include <string>

#include "tests/e2e/programs.h"

namespace reporterd {

// strace and what follows its name; `options` choose the calls, the files and the faults.
Arguments strace(const Arguments& options);

// Why no process can be traced here; nullopt: it can.
std::optional<std::string> why_no_tracing();

// For the environment of what is traced: LeakSanitizer does not work under a tracer.
inline const Arguments traced = {"ASAN_OPTIONS=detect_leaks=0"};

// Traces a running program from construction on until detach(), or until its end.
class Tracer {
 public:
  // One thread, unless `options` say -f. Injected faults are counted from here on.
  Tracer(pid_t thread, const Arguments& options);
  void detach();

 private:
  Program strace_;
};

}  // namespace reporterd

// At the beginning of a test.
#define NEEDS_STRACE()                                                 \
  if (const auto why = reporterd::why_no_tracing()) {                  \
    GTEST_SKIP() << "NOT TESTED: strace does not work here: " << *why; \
  }                                                                    \
  static_assert(true, "needs a semicolon")
