#pragma once
// Port: the outbox, asked now and answering later. Work runs on the outbox's own thread, in the
// order it was posted, many pieces in one transaction (one fsync for all); Done runs on the loop
// thread, in the same order, after the commit. Done with an error means: nothing of it happened.

#include <functional>

#include "daemon/core/outbox.h"
#include "daemon/core/result.h"

namespace reporterd {

class Writer {
 public:
  using Work = std::move_only_function<void(Outbox&)>;
  using Done = std::move_only_function<void(const Result<Snapshot>&)>;

  virtual ~Writer() = default;
  virtual void post(Work work, Done done) = 0;
};

}  // namespace reporterd
