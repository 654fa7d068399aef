#include "tests/e2e/tracer.h"

#include <unistd.h>

#include <csignal>

#include "daemon/core/assert.h"

namespace reporterd {
namespace {

constexpr const char* strace_program = "/usr/bin/strace";

}  // namespace

Arguments strace(const Arguments& options) {
  Arguments command = {strace_program};
  command.insert(command.end(), options.begin(), options.end());
  return command;
}

std::optional<std::string> why_no_tracing() {
  if (access(strace_program, X_OK) != 0) {
    return "it is not installed";
  }
  const Ended tried = run(strace({"-f", "-o", "/dev/null", "/bin/true"}));
  return tried.exit == 0 ? std::nullopt : std::optional(tried.output);
}

Tracer::Tracer(pid_t thread, const Arguments& options)
    : strace_([&] {
        Arguments all = strace({"-p", std::to_string(thread)});
        all.insert(all.end(), options.begin(), options.end());
        return all;
      }()) {
  const bool attached =
      strace_.wait_until([&] { return strace_.output().find("attached") != std::string::npos; });
  ASSERT(attached);
}

void Tracer::detach() {
  strace_.ask_to_stop();
  strace_.wait();
}

}  // namespace reporterd
