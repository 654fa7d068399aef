#pragma once
// Notices that the machine resumed from a sleep. Internal to io/.

#include <functional>
#include <memory>

#include "daemon/io/loop.h"

namespace reporterd {

class ResumeWatch {
 public:
  // `on_resume` is called on the loop after each resume. Where the system does not tell of them,
  // never.
  ResumeWatch(Loop& loop, std::function<void()> on_resume);
  ~ResumeWatch();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reporterd
