#pragma once
// The brain. Decides what is sent when, and what each reply means for the queue. Deterministic: it
// is told facts (Input) and answers with wishes (Output); it reads no clock and touches nothing.
// It never holds the queue: only what is leased for sending, bounded by limits.h. Loop thread only.

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "daemon/core/condition.h"
#include "daemon/core/destination.h"
#include "daemon/core/destination_memory.h"
#include "daemon/core/entropy.h"
#include "daemon/core/outbox.h"
#include "daemon/core/settings.h"
#include "daemon/core/time.h"
#include "daemon/core/transport.h"

namespace reporterd {

namespace input {
struct Woke {};
struct Leased {  // answers output::AskLease
  Lease lease;
};
struct Committed {
  Snapshot snapshot;
};
struct Expired {      // answers output::Expire
  bool more = false;  // there are more to expire
};
struct Replied {  // answers output::StartSend, exactly once
  SendId id = 0;
  std::vector<LeasedMessage> messages;  // as they were given out
  std::vector<Verdict> verdicts;        // one for each
};
struct NetworkChanged {};  // a default route appeared or changed, or the machine woke from sleep
struct SecretChanged {};
struct FlushAsked {
  bool force = false;
};
struct PauseAsked {
  std::optional<Instant> until;  // absent: until resumed
};
struct ResumeAsked {};
struct ConsentChanged {
  bool on = false;
};
struct NoticeChanged {
  std::optional<Instant> until;  // absent: over
};
struct DestinationChanged {
  bool configured = false;
  DestinationMemory memory;
  DeliverySettings settings;
};
struct Rewritten {};  // what could not be written before is written: more may be leasable
struct Recalled {};   // some of what is leased must not be sent: start afresh
struct Believed {     // withdrawn: that they were rejected is not taken back any more
  std::vector<Seq> seqs;
};
struct StopAsked {};
}  // namespace input

using Input = std::variant<input::Woke, input::Leased, input::Committed, input::Expired,
                           input::Replied, input::NetworkChanged, input::SecretChanged,
                           input::FlushAsked, input::PauseAsked, input::ResumeAsked,
                           input::ConsentChanged, input::NoticeChanged, input::DestinationChanged,
                           input::Rewritten, input::Recalled, input::Believed, input::StopAsked>;

namespace output {
struct AskLease {
  LeaseWish wish;
};
struct StartSend {
  SendId id = 0;
  std::vector<LeasedMessage> messages;
};
struct CancelSend {
  SendId id = 0;
};
struct Settle {
  Seq seq = 0;
  State how = State::delivered;
  std::string reason;
};
struct Defer {
  Seq seq = 0;
  Instant due;
  std::string reason;
};
struct Release {
  std::vector<Seq> seqs;
};
struct Requeue {
  std::vector<Seq> seqs;
};
struct Expire {
  Instant before;
};
struct Remember {
  DestinationMemory memory;
};
struct Failed {  // a destination-level failure just happened
  std::string why;
};
struct Changed {  // the condition changed: one log line
  Condition from = Condition::idle;
  Condition to = Condition::idle;
  std::string why;
};
struct Finished {};  // after StopAsked: nothing is in flight any more
}  // namespace output

using Output = std::variant<output::AskLease, output::StartSend, output::CancelSend, output::Settle,
                            output::Defer, output::Release, output::Requeue, output::Expire,
                            output::Remember, output::Failed, output::Changed, output::Finished>;

class Reporter {
 public:
  // Starts switched off and without a destination, until told otherwise.
  explicit Reporter(Entropy& entropy);

  std::vector<Output> step(Now now, Input input);

  // When step(Woke) is wanted next; absent: not until something else happens.
  std::optional<Instant> wake_at() const;

  // When a request may go out next; absent: not before something else happens (a reply, a resume).
  std::optional<Instant> next_attempt() const;

  Condition condition(Instant now) const;
  const DestinationMemory& memory() const { return memory_; }
  std::size_t in_flight() const { return sends_.size(); }
  std::optional<Instant> paused_until() const { return paused_ ? pause_until_ : std::nullopt; }
  bool paused() const { return paused_; }
  std::optional<Instant> notice_until(Instant now) const;  // absent: it is over
  bool consent_on() const { return consent_on_; }

 private:
  friend struct Fingerprint;  // tells states apart (tests/model)
  struct Send {
    std::uint64_t epoch = 0;  // which spell between troubles it was started in
    std::size_t bytes = 0;
  };

  void take(Now now, input::Woke&& in);
  void take(Now now, input::Leased&& in);
  void take(Now now, input::Committed&& in);
  void take(Now now, input::Expired&& in);
  void take(Now now, input::Replied&& in);
  void take(Now now, input::NetworkChanged&& in);
  void take(Now now, input::SecretChanged&& in);
  void take(Now now, input::FlushAsked&& in);
  void take(Now now, input::PauseAsked&& in);
  void take(Now now, input::ResumeAsked&& in);
  void take(Now now, input::ConsentChanged&& in);
  void take(Now now, input::NoticeChanged&& in);
  void take(Now now, input::DestinationChanged&& in);
  void take(Now now, input::Rewritten&& in);
  void take(Now now, input::Recalled&& in);
  void take(Now now, input::Believed&& in);
  void take(Now now, input::StopAsked&& in);

  // What a verdict does to its message, and to the destination.
  void judge(Now now, const Send& send, const LeasedMessage& message, const Verdict& verdict);
  void judge_rejection(Now now, const Send& send, const LeasedMessage& message,
                       const Verdict& verdict);
  void judge_retry(Now now, const Send& send, const LeasedMessage& message, const Verdict& verdict);
  bool split(std::vector<LeasedMessage>& messages, const std::vector<Verdict>& verdicts);
  void put_back(const LeasedMessage& message);
  void count_attempt(Now now, const LeasedMessage& message, const std::string& why);
  void succeeded(Now now, const Send& send);
  void reached(Now now, const Send& send);
  void end_trouble();
  void unreachable(Now now, const Send& send, const std::string& why);
  void asked_to_wait(Now now, const Send& send, const Verdict& verdict);
  void refused_as_a_whole(Now now, const Send& send, Problem problem, const std::string& why);
  bool is_outdated(const Send& send, Now now) const;
  void destination_failed(Now now, Problem problem, Instant next, const std::string& why);

  void pump(Now now);  // starts whatever may start now
  void start_sends();
  std::vector<LeasedMessage> take_batch();
  void ask_lease(Now now);
  void ask_expiry(Now now);
  bool may_send(Instant now) const;
  bool in_trouble() const;
  bool has_room() const;
  bool has_backlog() const;
  void look_again();
  void wait_until(Instant due);
  void release_ready();
  void cancel_all();
  void new_epoch();
  void note_condition(Now now);
  void remember() { out_.push_back(output::Remember{memory_}); }

  // Lists every member below that a decision depends on, for the flight recorder: new ones belong
  // there, too (core/flight_fields.h), or a replay goes another way.
  friend struct ReporterFields;

  Entropy& entropy_;
  DeliverySettings settings_;
  DestinationMemory memory_;
  bool configured_ = false;
  bool consent_on_ = false;
  bool paused_ = false;
  bool stopping_ = false;
  bool finished_ = false;
  std::optional<Instant> pause_until_;
  std::optional<Instant> notice_until_;

  // What is leased.
  std::deque<LeasedMessage> ready_;
  std::vector<std::vector<LeasedMessage>> split_;  // halves of a refused batch, sent as they are
  std::map<SendId, Send> sends_;
  std::size_t leased_bytes_ = 0;
  SendId next_send_ = 1;
  std::size_t window_ = 1;        // requests at once, now: 1 after trouble, then doubling
  std::size_t batch_window_ = 1;  // messages in a request, now: likewise
  std::uint64_t epoch_ = 0;
  std::size_t current_sends_ = 0;  // those of this epoch
  std::set<Seq> failing_;          // different messages that failed, with no success between
  bool free_probe_ = false;        // a probe on a network change: failing it costs nothing
  Instant scheduled_attempt_{};    // what next_attempt was before that probe
  std::optional<Instant> last_network_probe_;
  std::optional<Instant> last_remembered_success_;

  // What is known of the queue.
  Snapshot snapshot_;
  bool lease_asked_ = false;
  bool lease_outdated_ = false;                // more became leasable since it was asked for
  bool lease_recalled_ = false;                // it may hold what must not be sent
  bool exhausted_ = false;                     // the last lease said that there is no more for now
  std::optional<Instant> next_due_;            // earliest own retry of a message, as far as known
  std::optional<Instant> next_due_since_ask_;  // of those that the lease asked for does not know
  bool ignore_due_ = false;  // a flush: the next lease makes all waiting messages due
  bool expiry_asked_ = false;
  Instant next_expiry_{};  // what is in flight is left alone: its reply decides first

  Condition noted_ = Condition::off;
  std::vector<Output> out_;
};

}  // namespace reporterd
