#pragma once
// The Butlers of this host: whether we may report about each of them, under which instance id, and
// when its next report is due. Loop thread only; reads small files on it.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/collect/butler_config.h"
#include "daemon/collect/host_facts.h"
#include "daemon/collect/id_record.h"
#include "daemon/collect/report.h"
#include "daemon/config.h"
#include "daemon/control/status_report.h"
#include "daemon/core/clock.h"
#include "daemon/core/consent.h"
#include "daemon/core/engine.h"
#include "daemon/core/entropy.h"
#include "daemon/core/message.h"
#include "daemon/core/report_plan.h"
#include "daemon/core/result.h"

namespace reporterd {

// What a Butlers needs of the world, so that tests can give it another one.
struct ButlersWorld {
  std::function<HostInputs()> host = read_host_inputs;
  std::function<ButlerReading(const ButlerConfig&)> butler = read_butler;
  std::function<bool()> default_route;
};

struct ButlersEvents {
  std::function<void()> wake_changed;                   // wake_at() may be another one now
  std::function<void(std::vector<std::string>)> files;  // these are to be watched from now on
  std::function<void(const std::string&)> note;         // one line for the log
  std::function<void(const std::string&)> warn;         // likewise
};

struct Butler {
  ButlerConfig config;
  ButlerReading reading;
  Consent consent;
  std::optional<IdRecord> id;       // absent: not known yet
  std::optional<ReportMark> last;   // the last report that was made
  std::optional<Instant> due;       // of the next one
  bool loaded = false;              // id and last were read from the outbox
  std::optional<Instant> quiet_at;  // its files are changing: read them again then
  std::vector<std::string> warned;  // what the log was told already
};

// A report that the outbox could not take is tried again after this, or the interval if shorter.
inline constexpr Millis full_outbox_retry = std::chrono::minutes(10);

inline constexpr const char* no_id_yet =
    "there is no instance id yet: it waits for a default route, at most for report.startSpread";

// `index` is its place in Butlers::all().
inline ButlerName name_of(std::size_t index, const Butler& butler) {
  return {index + 1, butler.config.config_file};
}

// Under which name the outbox keeps the mark of the Butler's last report.
inline std::string mark_name(const Butler& butler) {
  return "report:" + butler.config.config_file;
}

// Whether two absolute names mean the same file, however they are spelled.
bool same_file(const std::string& one, const std::string& other);

class Butlers {
 public:
  // What became of one report.
  using Made = std::move_only_function<void(Result<MessageKey>)>;

  Butlers(Engine& engine, Clock& clock, Entropy& entropy, ButlersWorld world, ButlersEvents events);
  Butlers(const Butlers&) = delete;
  Butlers& operator=(const Butlers&) = delete;

  // Starts with, or changes to, this configuration: reads every Butler, holds or withdraws what
  // must not be sent. With `service` off nothing is read. Call before sending is allowed.
  void configure(const Config& config, const Consent& service);
  void file_changed(const std::string& file);
  void network_changed();
  void wake();
  std::optional<Instant> wake_at() const;

  // Makes a report of Butler `index` now.
  void report(std::size_t index, Made made);
  const std::vector<std::unique_ptr<Butler>>& all() const { return butlers_; }

  // The id for submissions without one: the first Butler's, else the host's own. Errors:
  // unavailable (it is not known yet), consent_off.
  Result<std::string> own_instance_id();
  // Every id that is known, and whether the host's own is among those that are in use.
  IdRecords ids() const;
  bool host_id_in_use() const;

 private:
  void load(Butler& butler);
  void read(Butler& butler);
  void reread(Butler& butler);
  void hold_what_is_no_longer_configured();
  void apply(Butler& butler, const Consent& before, bool first);
  void load_host();
  void use_kept_id(const std::string& file, std::optional<IdRecord>& id,
                   const std::optional<std::string>& kept);
  void note_id(const std::string& file, const IdRecord& id);
  void compute_id(Butler& butler);
  void compute_host_id();
  void update_id(const std::string& file, std::optional<IdRecord>& id, const std::string& qrs_host);
  void plan(Butler& butler);
  void make(Butler& butler, WallTime ts, int tries, Made made);
  void tell_files();
  bool may_collect(const Butler& butler) const;

  Engine& engine_;
  Clock& clock_;
  Entropy& entropy_;
  ButlersWorld world_;
  ButlersEvents events_;
  MessageCheck check_;
  std::vector<std::unique_ptr<Butler>> butlers_;
  std::optional<IdRecord> host_id_;  // absent: not known, or never needed
  bool host_loaded_ = false;         // it was read from the outbox
  IdRecords kept_ids_;               // as last read, of Butlers no longer configured, too
  std::map<std::string, std::string> noted_ids_;  // by file: what the log was told
  Consent service_;
  bool follow_butler_ = true;
  ReportSettings settings_;
  Instant started_;
  std::shared_ptr<int> alive_;  // renewed with each configuration: late answers find it gone
};

}  // namespace reporterd
