#pragma once
// One simulated life of reporterd: the real Engine, Reporter, HttpDestination and SqliteOutbox
// under a clock, a network, a server, a disk, an owner and programs that are all decided by one
// seed. Nothing sleeps, nothing else is random: the same seed gives the same trace.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/engine.h"
#include "daemon/core/message.h"
#include "daemon/core/settings.h"
#include "store/sqlite_outbox.h"
#include "tests/sim/sim_oracle.h"
#include "tests/sim/sim_outage.h"
#include "tests/sim/sim_pace.h"
#include "tests/sim/sim_ports.h"
#include "tests/sim/sim_random.h"
#include "tests/sim/sim_server.h"
#include "tests/sim/sim_vfs.h"

namespace reporterd::sim {

struct Outcome {
  std::optional<std::string> violation;
  std::vector<std::string> trace;
  std::size_t steps = 0;
  std::size_t crashes = 0;
  std::size_t promised = 0;  // messages that were acknowledged
  std::size_t stored = 0;    // messages at the server
  std::size_t requests = 0;
};

inline constexpr const char* outbox_path = "outbox.db";
std::string source_name(std::size_t number);

// What the owner made of a source of reports.
enum class SourceSwitch { on, off, unknown };

// The knobs of one world; drawn from the seed by draw_plan(), or set by hand for a scenario.
struct Plan {
  DeliverySettings delivery;
  StoreSettings store;
  bool data_only = false;                   // the legacy body form
  std::optional<std::size_t> padding = {};  // of every message, to give it a size
  int page_size = 1024;                     // what is small gives many seeds a second
  int wall_drift_ppm = 0;
  Millis notice_period{0};
  int actions = 0;          // of owner, programs and fate, until the quiet phase
  int crash_per_10000 = 0;  // chance before each event
  bool disk_faults = false;
  bool bad_messages = false;
  bool owner_acts = false;  // pause, consent, hold, delete, requeue, flush
  bool other_destinations = false;
  std::vector<Weather> weathers;  // what it may become
};
Plan draw_plan(Random& random);

class World final : public WireWatch {
 public:
  // `flight`: outlives the process, as its files do.
  World(std::uint64_t seed, const Plan& plan, FlightRecorder* flight = nullptr);
  ~World() override;
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Lives all of the plan's actions, then the quiet phase; ends early on a violation.
  Outcome live();

  // The single happenings, for scenarios.
  void submit(const std::string& mark, const std::string& source = "");
  void submit_nonsense();
  void repeat(bool with_other_bytes);
  void flush(bool force, bool wait, Engine::Answer<FlushOutcome> told = nullptr);
  void pause(std::optional<Millis> length);
  void resume();
  void set_consent(bool on);
  void set_switch(std::size_t source, SourceSwitch position);
  void remove_one();
  void requeue_one();
  void change_network();
  void change_secret();
  void use_destination(int number);  // 0: none
  void step_wall_clock(Millis by);
  void suspend(Millis time);  // the machine does
  void crash(bool power_fails, Millis down_time);
  void restart();
  void reload(const DeliverySettings& delivery, bool data_only, const StoreSettings& store);
  void set_weather(Weather weather);
  void set_disk_fault(DiskFault fault);
  void fail_call(const CallFault& fault);

  // Runs what is due within `time`, then the clock stands there.
  void run_for(Millis time);
  void quiet_phase();
  bool ok() const { return !oracle_.violation(); }
  const std::optional<std::string>& violation() const { return oracle_.violation(); }
  Ledger ledger() const { return process_->engine->snapshot().ledger; }
  Engine& engine() { return *process_->engine; }
  SimServer& server() { return server_; }
  std::size_t store_size() const {
    return disk_.size_of(outbox_path) + disk_.size_of(std::string(outbox_path) + "-wal");
  }
  const SimClock& clock() const { return clock_; }
  std::size_t settled_rows() { return rows_where(true).size(); }
  std::size_t requests() const { return requests_; }
  const std::vector<std::string>& trace() const { return trace_; }

  // WireWatch
  void sent(SendId id, const Request& request) override;
  void replying(SendId id, const Reply& reply) override;

 private:
  // What a crash destroys.
  struct Process {
    std::unique_ptr<SqliteOutbox> outbox;
    std::unique_ptr<SimWriter> writer;
    std::unique_ptr<SimTransport> transport;
    std::unique_ptr<Engine> engine;
  };
  static constexpr std::size_t source_count = 2;

  void start();
  void configure();
  Result<Snapshot> transact(std::span<Writer::Work> works);
  void housekeep();
  void check_size();
  void check_history();
  void end_process();
  void step();
  void arm(std::optional<Instant> at);
  void note(std::string line);
  void outside();  // something happened that the daemon did not cause itself
  void act();
  void act_as_owner();
  void act_as_fate();
  void change_mind_while_disk_fails();
  void mend_disk_later();
  void reload_something();
  void flood();
  void check_flush(const Result<FlushOutcome>& answer, Seq mark);
  void check_all();
  std::vector<Row> all_rows();
  std::vector<Row> rows_where(bool settled);
  NewMessage fresh_message(const std::string& mark, const std::string& source);
  bool passes_check(const NewMessage& message);
  void hand_in(const NewMessage& message);
  void tell_destination();
  void withdraw(const WithdrawScope& scope);
  std::string url() const;
  void after_commits();

  Plan plan_;
  StoreSettings store_in_force_;  // since the start or the commit after a reload
  FlightRecorder* flight_;
  Random random_;
  Random daemon_random_;
  Schedule schedule_;
  SimClock clock_;
  SimVfs disk_;
  SimServer server_;
  Oracle oracle_;
  Pace pace_;
  Outage outage_;
  std::optional<Process> process_;

  // How the owner wants it; survives crashes as the configuration does.
  bool consent_ = true;
  SourceSwitch switches_[source_count] = {SourceSwitch::on, SourceSwitch::on};
  int destination_ = 1;
  std::string url_in_use_;  // "" while a change is under way
  std::string identity_;    // of the destination that was adopted last

  // What the checks need to know.
  bool paused_ = false;  // surely, from the call on
  bool pause_kept_ = false;
  std::uint64_t pause_calls_ = 0;
  std::optional<Instant> paused_until_;
  std::optional<Instant> notice_until_;
  std::size_t posts_alone_ = 0;  // pieces of work since the last outside event
  std::uint64_t posts_seen_ = 0;
  std::map<std::uint64_t, Moment> offers_;  // by the piece of work of this life that appends it
  bool quiet_ = false;
  bool stopped_ = false;
  std::size_t longest_write_ = 0;                           // bodies that one transaction stored
  using Settled = std::pair<Seq, std::optional<WallTime>>;  // a message may be queued again
  std::map<Settled, Instant> settled_;  // in the history, and since when at least

  MessageCheck check_{MessageLimits{}};
  std::vector<NewMessage> handed_in_;
  std::optional<Schedule::Id> timer_;
  std::uint64_t lives_ = 0;
  std::int64_t next_ts_ = 0;
  std::size_t steps_ = 0;
  std::size_t crashes_ = 0;
  std::size_t requests_ = 0;
  std::vector<std::string> trace_;
};

Outcome run_seed(std::uint64_t seed, FlightRecorder* flight = nullptr);

}  // namespace reporterd::sim
