#pragma once
// A world of at most three messages in which everything that may happen next is a Step: what
// programs, the owner, the disk, the network, the endpoint and the clock may do, and a crash. The
// real Engine, Reporter and HttpDestination run in it, over an outbox that is a value
// (model_outbox.h). Nothing is drawn: the same steps lead to the same state, which has a
// fingerprint. After each step it is checked what must hold.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/clock.h"
#include "daemon/core/engine.h"
#include "tests/model/model_outbox.h"
#include "tests/model/tape.h"

namespace reporterd::model {

struct Step {
  enum class Kind : std::uint8_t {
    submit,             // message `which`, for the first time or again
    commit,             // all that was posted, in one transaction
    commit_fails,       // nothing of it happened
    commit_seems_lost,  // it failed, but is on disk
    tell,               // the loop hears of the last transaction
    delivered,          // request `which` is answered, or ends without an answer
    rejected,
    lost_before,
    lost_after,
    unreachable,
    asked_to_wait,
    unauthorized,
    not_found,
    cancelled_before,  // a cancelled request ends; it was not taken
    cancelled_after,   // it was
    wake,              // the timer, at its time
    oversleep,         // a day passes, then the timer
    flush,
    force,
    pause,
    pause_a_while,
    resume,
    off,
    on,
    requeue,
    remove,
    network_back,
    new_secret,
    crash,  // and a start; the requests in the bit set `which` were taken all the same
  };
  Kind kind = Kind::commit;
  std::uint8_t which = 0;
};
std::string text_of(Step step);

// How long a message lives in a world where messages expire.
inline constexpr Millis expiring_age = std::chrono::seconds(200);

// What may happen in a world, and how often on one path.
struct Scope {
  std::uint8_t messages = 3;
  std::uint8_t repeats = 0;   // submissions of what was acknowledged before
  std::uint8_t troubles = 0;  // replies other than `delivered`, and lost ones
  std::uint8_t crashes = 0;
  std::uint8_t failed_commits = 0;
  std::uint8_t acts = 0;  // of the owner and the surroundings
  std::uint8_t oversleeps = 0;
  bool expires = false;  // messages live for some minutes only
};

class World {
 public:
  explicit World(const Scope& scope);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  std::vector<Step> possible() const;
  void take(Step step);
  // Runs the works that are under way once more, to see what they do: they can take that.
  std::uint64_t fingerprint();
  // From now on all goes well: the messages must end within bounded steps and time.
  void drain();
  const std::optional<std::string>& violation() const { return violation_; }

 private:
  static constexpr std::size_t most_messages = 3;

  struct Ports;
  struct Piece {
    Writer::Work work;
    Writer::Done done;
    std::uint64_t calls = 0;  // Fingerprint::calls() when it was posted
  };
  struct Request {
    SendId id = 0;
    std::size_t message = 0;
    std::uint64_t spell = 0;  // how often it had been asked to wait when it was sent
    bool cancelled = false;
  };
  // What is known of a message from the outside.
  struct Account {
    bool pending = false;   // handed in, not answered
    bool promised = false;  // acknowledged
    bool forbidden = false;
    bool at_server = false;
    bool was_rejected = false;
    bool was_deleted = false;
    bool was_withdrawn = false;
  };

  void start();
  void configure();
  void settle_down();
  void post(Writer::Work work, Writer::Done done);
  void send(SendId id, const reporterd::Request& request);
  void cancel(SendId id);

  void submit(std::size_t number);
  void answered(std::size_t number, const Result<Appended>& answer);
  void commit(Step::Kind how);
  void tell();
  void reply(Step step);
  void wake();
  void oversleep();
  void act(Step step);
  void pause(std::optional<Millis> length);
  void set_consent(bool on);
  void withdraw();
  void change(bool requeue, std::size_t number);
  void crash(std::uint8_t taken);

  void add_submissions(std::vector<Step>& steps) const;
  void add_replies(std::vector<Step>& steps) const;
  void add_acts(std::vector<Step>& steps) const;
  void spend(Step step);

  bool is_timer_near() const;
  void fail(std::string what);
  void check_outbox();
  void check_row(const ModelOutbox::Message& row);
  void check_ledger();
  const ModelOutbox::Message* row_of(std::size_t number) const;
  bool is_kept_back(std::size_t number) const;

  Scope left_;  // of the scope
  std::unique_ptr<Ports> ports_;
  std::unique_ptr<Engine> engine_;
  ModelOutbox outbox_;
  ModelOutbox outbox_before_;  // the last transaction
  Instant now_;
  std::optional<Instant> timer_;
  std::vector<Piece> posted_;
  std::vector<Piece> done_;  // of the transaction that is over, but not told yet
  std::optional<Result<Snapshot>> result_;
  std::vector<Request> requests_;

  // What the checks need to know.
  std::array<Account, most_messages> accounts_{};
  bool consent_ = true;
  bool paused_ = false;
  bool pause_kept_ = false;
  std::optional<Instant> paused_until_;
  std::uint64_t pause_calls_ = 0;
  Instant asked_until_{};       // Retry-After, as heard in this life
  Instant asked_until_kept_{};  // surely on disk
  std::uint64_t spell_ = 0;
  std::uint64_t pieces_posted_ = 0;
  std::uint64_t pieces_done_ = 0;
  std::uint64_t asked_at_piece_ = 0;  // on disk when so many pieces are
  bool asked_lost_ = false;           // a commit failed: it may not be on disk
  std::optional<std::string> violation_;
};

}  // namespace reporterd::model
