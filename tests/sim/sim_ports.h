#pragma once
// The daemon's ports over simulated time: what happens when is one queue of events.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/clock.h"
#include "daemon/core/transport.h"
#include "daemon/core/writer.h"
#include "tests/sim/sim_random.h"
#include "tests/sim/sim_server.h"

namespace reporterd::sim {

// The world's own time (ms since its beginning) and all that is to come. Events at one time happen
// in the order in which they were added.
class Schedule {
 public:
  using Event = std::move_only_function<void()>;
  enum class Owner { world, process };  // a crash takes the events of the process with it

  Millis now() const { return now_; }
  bool empty() const { return events_.empty(); }
  Millis next() const { return events_.begin()->first.first; }

  // Names the event for cancel().
  using Id = std::pair<Millis, std::uint64_t>;
  Id add(Millis delay, Owner owner, Event event);
  void cancel(const Id& id) { events_.erase(id); }
  void run_next();
  void crash();
  void skip(Millis time) { now_ += time; }  // the machine slept: what was due happens late

 private:
  struct Entry {
    Owner owner;
    Event event;
  };
  Millis now_{0};
  std::uint64_t added_ = 0;
  std::map<Id, Entry> events_;
};

// Goes on from the stored mark as io/system_clock does.
class SimClock final : public Clock {
 public:
  // The wall clock runs wrong by `drift_ppm` millionths; observed time is what it is measured by.
  SimClock(const Schedule& schedule, int drift_ppm) : schedule_(schedule), drift_ppm_(drift_ppm) {}

  void start_process(const ClockMark& stored);
  void reboot();
  void step_wall(Millis by) { wall_step_ += by; }

  Now now() const override;
  ClockMark mark() const override;

 private:
  Millis since_boot() const { return schedule_.now() - booted_; }

  const Schedule& schedule_;
  int drift_ppm_;
  Millis booted_{0};
  int boots_ = 1;
  Millis ahead_{0};  // observed time minus the time since boot
  Millis wall_step_{0};
};

// Gathers what is posted and commits it a little later in one transaction, and acts when a burst is
// over, as io/WriterThread does.
class SimWriter final : public Writer {
 public:
  using Transact = std::function<Result<Snapshot>(std::span<Work>)>;

  SimWriter(Schedule& schedule, Random& random, Transact transact, std::function<void()> idle)
      : schedule_(schedule),
        random_(random),
        transact_(std::move(transact)),
        idle_(std::move(idle)) {}

  void post(Work work, Done done) override;

  bool busy() const { return busy_; }
  std::uint64_t posted() const { return posted_; }
  std::uint64_t committed() const { return committed_; }  // pieces whose transaction is over

 private:
  void commit();

  Schedule& schedule_;
  Random& random_;
  Transact transact_;
  std::function<void()> idle_;
  std::optional<Schedule::Id> idle_at_;
  std::vector<Work> works_;
  std::vector<Done> dones_;
  bool busy_ = false;  // a commit is asked for or under way
  std::uint64_t posted_ = 0;
  std::uint64_t committed_ = 0;
};

// Who wants to know what goes over the wire.
class WireWatch {
 public:
  virtual ~WireWatch() = default;
  virtual void sent(SendId id, const Request& request) = 0;
  virtual void replying(SendId id, const Reply& reply) = 0;  // just before the daemon is told
};

class SimTransport final : public Transport {
 public:
  SimTransport(Schedule& schedule, Receiver& receiver, const Clock& clock, WireWatch& watch,
               OnReply on_reply)
      : schedule_(schedule),
        receiver_(receiver),
        clock_(clock),
        watch_(watch),
        on_reply_(std::move(on_reply)) {}

  void send(SendId id, Request request) override;
  void cancel(SendId id) override;
  std::size_t in_flight() const { return open_.size(); }

 private:
  struct Open {
    std::uint64_t serial = 0;  // of the request: an id may be used again
    bool cancelled = false;
  };
  void answer_after(Millis delay, SendId id, std::uint64_t serial, Reply reply);
  void end(SendId id, std::uint64_t serial, const Reply& reply);

  Schedule& schedule_;
  Receiver& receiver_;
  const Clock& clock_;
  WireWatch& watch_;
  OnReply on_reply_;
  std::map<SendId, Open> open_;
  std::uint64_t sent_ = 0;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // a request outlives its sender
};

}  // namespace reporterd::sim
