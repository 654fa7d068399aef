#pragma once
// Carries out what the Reporter wishes, through the ports, and brings it the facts that follow.
// The same Engine runs in the daemon and in the simulation. Loop thread only.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/core/clock.h"
#include "daemon/core/destination.h"
#include "daemon/core/entropy.h"
#include "daemon/core/flight_log.h"
#include "daemon/core/reporter.h"
#include "daemon/core/result.h"
#include "daemon/core/transport.h"
#include "daemon/core/writer.h"

namespace reporterd {

struct EnginePorts {
  Clock& clock;
  Entropy& entropy;
  Writer& writer;
  Transport& transport;
  FlightRecorder* flight = nullptr;  // nullptr: nothing is recorded
};

// What the Engine tells its owner. None of them may destroy the Engine.
struct EngineEvents {
  std::function<void(std::optional<Instant>)> wake_at;     // arm the one timer
  std::function<void(const output::Changed&)> changed;     // one log line
  std::function<void(const std::optional<Error>&)> store;  // outbox began / ceased to fail
  std::function<void()> finished;                          // after stop()
  std::function<void(bool)> disk_full = nullptr;           // it became / ceased to be
};

struct FlushOutcome {
  enum class Kind { done, unreachable, timed_out, started, nothing };
  Kind kind = Kind::nothing;
  std::int64_t settled = 0;       // of those queued at the call
  std::int64_t still_queued = 0;  // likewise
  std::string why;
};

class Engine {
 public:
  template <class T>
  using Answer = std::move_only_function<void(Result<T>)>;

  Engine(EnginePorts ports, EngineEvents events);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Reads what was kept (pause) and goes on with a withdrawal that was under way. `opened` is what
  // the outbox said when it was opened.
  void start(const Snapshot& opened);
  // Where messages go from now on; nullptr: nowhere. What is remembered of it is read first.
  void use_destination(std::unique_ptr<Destination> destination, const DeliverySettings& settings);

  void set_consent(bool on);  // off: cancels what is out; withdraw() is the caller's next call
  // Nothing is sent in this time after installation (the outbox's first start), unless a flush
  // ended it before.
  void set_notice_period(Millis period);
  void network_changed() { feed(input::NetworkChanged{}); }
  void secret_changed() { feed(input::SecretChanged{}); }
  void wake();
  void stop() { feed(input::StopAsked{}); }
  void replied(SendId id, const Reply& reply);  // the Transport's OnReply

  // Answers after the commit. Refused with consent_off while switched off.
  void append(NewMessage message, Answer<Appended> answer);
  // Marks everything in scope as withdrawn; answers when that is on disk, the rest is done in
  // slices afterwards. Like hold_source, it calls back what is leased or on the wire.
  void withdraw(WithdrawScope scope, Answer<void> answer);
  void hold_source(const std::string& source);
  void release_source(const std::string& source);
  // Those held or withdrawn and not released since. A work that queues old messages again ends
  // with hold_source() for each of them.
  const std::set<std::string>& closed_sources() const { return closed_sources_; }

  // `timeout` is for `wait` only. Refused with consent_off, or not_possible (the text says why).
  void flush(bool force, bool wait, Millis timeout, Answer<FlushOutcome> answer);
  void pause(std::optional<Millis> length, Answer<std::optional<Instant>> answer);
  void resume(Answer<void> answer);

  // Calls back what is leased or on the wire, because a work posted before may forbid to send it
  // (a deletion).
  void recall() { feed(input::Recalled{}); }

  // When what is accepted (or queued again) now counts as accepted: after every withdrawal that was
  // decided before, and never earlier than what came before. For works that append or requeue.
  Now accept_time();
  // How the outbox works from now on: written again until that succeeds, or there is a newer call.
  void configure_outbox(Writer::Work work);
  // Any other work on the outbox; the brain is told of the commit.
  void run(Writer::Work work, std::move_only_function<void(Status)> done);

  const Snapshot& snapshot() const { return snapshot_; }
  const Reporter& reporter() const { return reporter_; }
  const std::optional<Error>& store_problem() const { return store_problem_; }
  Condition condition() const { return reporter_.condition(ports_.clock.now().observed); }

 private:
  friend struct Fingerprint;  // tells states apart (tests/model)
  using Op = std::variant<output::Settle, output::Defer, output::Release, output::Requeue,
                          output::Remember>;
  using Ops = std::vector<Op>;
  struct Waiter {
    Seq mark = 0;
    std::int64_t queued = 0;
    std::int64_t settled_before = 0;
    Instant deadline;
    Answer<FlushOutcome> answer;
  };

  // What the outbox keeps about the notice period.
  struct Notice {
    Instant installed;
    bool over = false;  // a flush ended it
  };

  // Work that a failing outbox must not lose: posted again until it is done.
  struct Duty {
    Writer::Work work;                                  // repeatable
    std::move_only_function<void()> done = nullptr;     // after the commit
    std::move_only_function<bool()> is_over = nullptr;  // asked before it is posted again
    Answer<void> answer = nullptr;                      // told the first outcome
    bool failed = false;
  };

  void feed(Input input);
  void carry_out(std::vector<Output> outputs);
  void act(output::AskLease&& out);
  void act(output::StartSend&& out);
  void act(output::CancelSend&& out);
  void act(output::Expire&& out);
  void act(output::Failed&& out);
  void act(output::Changed&& out);
  void act(output::Finished&& out);
  void keep(Op op) { ops_.push_back(std::move(op)); }
  void post_ops();
  void post_ops(const std::shared_ptr<Ops>& ops, bool again);
  void insist(Duty duty);
  void insist(const std::shared_ptr<Duty>& duty);
  void switch_source(const std::string& source, Writer::Work work,
                     std::move_only_function<void()> done);
  void write_again();
  void write_again_soon();
  Instant store_retry_at(Millis base);
  void leased(const Result<Snapshot>& result, Lease&& lease);
  void committed(const Result<Snapshot>& result);
  void take(const Snapshot& snapshot);
  void continue_withdrawal();
  void check_waiters();
  void end_waiters(FlushOutcome::Kind kind, const std::string& why);
  FlushOutcome outcome(const Waiter& waiter, FlushOutcome::Kind kind, std::string why) const;
  void adopt(std::unique_ptr<Destination> destination, DeliverySettings settings,
             DestinationMemory memory);
  void restore_pause();
  void tell_notice(const Notice& notice);
  void end_notice();
  void rearm();

  EnginePorts ports_;
  EngineEvents events_;
  FlightLog flight_;
  Reporter reporter_;
  std::unique_ptr<Destination> destination_;
  std::map<SendId, std::vector<LeasedMessage>> out_;  // what is on the wire
  Snapshot snapshot_;
  std::deque<Input> inputs_;  // of a step within a step: taken in turn
  bool stepping_ = false;
  bool settling_ = false;  // settlements gather while earlier ones are on their way to the disk
  Ops ops_;                // to be written next
  // To be posted again when the outbox is well.
  Ops failed_ops_;
  bool remember_again_ = false;
  std::vector<std::shared_ptr<Duty>> failed_duties_;
  std::size_t duties_due_ = 0;  // those that failed and are not done yet
  std::optional<Instant> write_again_at_;
  int store_retries_ = 0;  // since a transaction failed
  std::optional<Error> store_problem_;
  bool withdrawing_ = false;
  bool notice_ended_ = false;  // in this life
  Millis notice_period_{0};
  std::optional<Notice> notice_;   // absent: not read yet
  Instant withdrawn_at_{};         // the last withdrawal covers what was accepted until then
  Instant accepted_at_{};          // the latest accept_time()
  std::uint64_t pause_calls_ = 0;  // of pause() and resume()
  std::uint64_t destination_calls_ = 0;
  std::uint64_t outbox_calls_ = 0;  // of configure_outbox()
  std::set<std::string> closed_sources_;
  std::map<std::string, std::uint64_t> source_calls_;  // of hold_source() and release_source()
  std::vector<Waiter> waiters_;
  std::optional<Instant> armed_;                           // what the owner's timer was last told
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // answers outlive the Engine harmlessly
};

}  // namespace reporterd
