#include <pthread.h>

#include <csignal>

#include "collector/ending.h"

namespace reporterd {
namespace {

sigset_t ending() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

// Blocked in this thread and those it makes, so that only sigwait sees them.
void heed_ending() {
  const sigset_t signals = ending();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void wait_for_ending() {
  const sigset_t signals = ending();
  int signal = 0;
  sigwait(&signals, &signal);
}

}  // namespace reporterd
