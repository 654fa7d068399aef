#pragma once
// Between us and the service control manager of Windows: what it asks for, what it is told.

#include <cstdint>
#include <functional>
#include <mutex>

#include "daemon/core/time.h"
#include "daemon/io/signals.h"

namespace reporterd {

// What the manager is told; SERVICE_STATUS without what never changes.
struct ServiceNote {
  enum class State { starting, running, stopping, stopped };
  State state = State::starting;
  std::uint32_t checkpoint = 0;  // grows while starting and stopping
  Millis wait_hint{};            // the next note comes within this time
  int exit_code = 0;             // ours; for stopped

  friend bool operator==(const ServiceNote&, const ServiceNote&) = default;
};

// How long a stop may take until it is told: what is under way, then the outbox is closed.
inline constexpr Millis stop_hint = std::chrono::seconds(10);
// The same when the machine goes down, where the last deliveries are waited for.
inline constexpr Millis shutdown_hint = std::chrono::seconds(20);

// The service that this process is. Thread-safe: the manager asks on a thread of its own.
class ServiceControl {
 public:
  // Nothing is told after stopped(): what was given to speak with is gone by then.
  using Tell = std::function<void(const ServiceNote&)>;
  explicit ServiceControl(Tell tell);
  ~ServiceControl();
  ServiceControl(const ServiceControl&) = delete;
  ServiceControl& operator=(const ServiceControl&) = delete;

  // The one of this process; nullptr: the manager did not start us.
  static ServiceControl* current();

  void needs(Millis more);  // the start, or the stop
  void running();
  void stopping();
  void stopped(int exit_code);

  // What the manager asks for, as it says it (HandlerEx); returns what it wants to hear. Of a sleep
  // every process hears in another way (ResumeWatch).
  std::uint32_t handle(std::uint32_t control);

  // From now on `heed` hears what is asked for, on the manager's thread; it must not call back.
  // nullptr: no more, and no call is under way.
  void listen(std::function<void(Signal)> heed);

 private:
  void tell(ServiceNote::State state, Millis wait_hint, int exit_code = 0);
  void wind_up(Signal signal, Millis wait_hint);
  void pass_on(Signal signal) const;

  std::mutex mutex_;
  Tell tell_;
  std::function<void(Signal)> heed_;
  ServiceNote last_;
};

}  // namespace reporterd
