#pragma once
// What the local protocol asks of the daemon: one typed method for each thing a client can want.
// The session (session.h) turns lines of JSON into these calls and their answers into lines; the
// top level implements them. docs/protocol.md is the same list as clients see it.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/control/status_report.h"
#include "daemon/core/message.h"
#include "daemon/core/outbox.h"
#include "daemon/core/result.h"
#include "daemon/core/time.h"

namespace reporterd {

// Receives an answer: exactly once, on the loop thread, at once (inside the call) or later. A
// Service that is destroyed drops the answers it still owes. The connection may be gone by then;
// an Answer that comes from a Session copes with that.
template <class T>
using Answer = std::move_only_function<void(Result<T>)>;

struct Submitted {
  MessageKey key;
  bool duplicate = false;  // the same message was there already; nothing was stored
};

// What became of one Butler's report when it was asked for.
struct MadeReport {
  ButlerName butler;
  std::optional<Submitted> submitted;
  std::string why_not;  // one line, when `submitted` is absent
};

// Says where the value of one field of a message comes from.
struct PreviewNote {
  std::string field;  // dotted path inside the message: "data.system.virtual"
  std::string note;   // one line: "CPUID hypervisor bit"
};

struct ButlerPreview {
  ButlerName butler;
  Decision consent = Decision::unknown;
  std::optional<std::string> message;  // JSON text, byte for byte as it would be stored now
  std::string why_not;                 // one line, when `message` is absent
  std::vector<std::string> withheld;   // names left out for privacy; never their values
  std::vector<std::string> warnings;   // one line each
  std::vector<PreviewNote> notes;
};

struct Preview {
  std::vector<ButlerPreview> butlers;
};

struct FlushRequest {
  bool force = false;  // ignore a Retry-After as well
  bool wait = false;   // answer when it is over instead of when it is started
  Millis timeout = std::chrono::seconds(60);  // wait only
};

struct FlushResult {
  enum class Outcome {
    done,         // all that was queued at the call is settled
    unreachable,  // a failure that speaks for the destination, or it asked to wait; all is kept
    timed_out,
    started,  // not waited for
    nothing,  // nothing was queued
  };
  Outcome outcome = Outcome::nothing;
  std::int64_t settled = 0;       // of those queued at the call
  std::int64_t still_queued = 0;  // of those queued at the call
  std::string why;                // one line; "" when done
};

struct Paused {
  std::optional<Instant> until;  // absent: until `resume`
};

struct ShownMessage {
  Row row;
  std::optional<std::string> body;  // absent when the history no longer keeps it
};

// Which messages an owner's command means.
struct Selection {
  bool all = false;  // remove: all queued and held; requeue: all rejected and expired
  std::vector<Seq> seqs;
};

struct ChangeResult {
  std::int64_t changed = 0;
  std::vector<Seq> refused;  // not there, or in a state that does not allow it
};

struct ButlerIds {
  ButlerName butler;
  std::string instance_id;                // "" : not known yet
  std::string why;                        // one line: how it was made, or why it is not known
  std::optional<std::string> recomputed;  // what this host gives now, when it differs
  std::vector<std::string> earlier;       // every one used before, newest first
};

struct IdReport {
  std::vector<ButlerIds> butlers;
};

// Which configuration to check. There is no path: a client must not choose files that the service
// reads with its own rights.
struct ConfigCandidate {
  std::optional<std::string> text;  // absent: the service's own file, as it is on disk now
  std::string file;                 // of `text`: names it in errors
};

struct ConfigChecked {
  std::string file;
  std::vector<std::string> warnings;
};

struct ConfigShown {
  std::string file;
  std::string yaml;  // what is in force, every key; user info and queries of URLs are masked
};

struct ConfigReloaded {
  std::string file;
  std::vector<std::string> applied;        // keys whose new value counts from now on
  std::vector<std::string> needs_restart;  // keys that changed but count only after a restart
};

// One thing that doctor looked at.
struct Finding {
  enum class Level { ok, warning, problem };
  std::string about;  // "outbox", "permissions", "endpoint", "Butler 1", ...
  Level level = Level::ok;
  std::string text;  // one line: what is, and what to do
};

// What a support bundle wants of the running service.
struct FlightShown {
  std::string text;                    // the flight record (docs/privacy.md), whole lines
  std::vector<std::string> libraries;  // as they are loaded: "SQLite 3.40.1"
};

// Loop thread only. Answers that fail carry an Error whose text is shown to people as it is.
class Service {
 public:
  virtual ~Service() = default;

  // For showing observed times (Instant) as calendar times.
  virtual Now now() const = 0;
  virtual StatusReport status() = 0;

  // Checks and stores one message (`message_json` is valid during the call only); answers after
  // the commit. Errors: invalid, too_large, conflict, too_old, storage_full, consent_off, ...
  virtual void submit(std::string_view message_json, Answer<Submitted> answer) = 0;

  // Makes a report now, of one Butler (its number) or of all. not_found: no such Butler;
  // not_possible: none is configured; consent_off.
  virtual void report(std::optional<std::size_t> butler,
                      Answer<std::vector<MadeReport>> answer) = 0;
  virtual void preview(Answer<Preview> answer) = 0;

  // Delivers now; a config problem is tried again. Answers at once with not_possible (paused, no
  // destination, auth problem: the text says which and what to do) or consent_off, and without
  // `force` as unreachable when the destination asked to wait. Ends the notice period.
  virtual void flush(const FlushRequest& request, Answer<FlushResult> answer) = 0;
  // Stops sending for `length`, or until resume. Survives a restart. Repeated: the last one counts.
  virtual void pause(std::optional<Millis> length, Answer<Paused> answer) = 0;
  virtual void resume(Answer<void> answer) = 0;

  virtual void list(const Listing& listing, Answer<std::vector<Row>> answer) = 0;
  // Of the queue or the history, whichever has it; not_found.
  virtual void show(Seq seq, Answer<ShownMessage> answer) = 0;
  virtual void remove(Selection which, Answer<ChangeResult> answer) = 0;
  virtual void requeue(Selection which, Answer<ChangeResult> answer) = 0;

  virtual void id_show(Answer<IdReport> answer) = 0;

  // ErrorCode::config, with file, line, key and what is allowed, when it is not valid.
  virtual void config_check(ConfigCandidate candidate, Answer<ConfigChecked> answer) = 0;
  virtual void config_show(Answer<ConfigShown> answer) = 0;
  // A bad new file keeps the old configuration: ErrorCode::config.
  virtual void config_reload(Answer<ConfigReloaded> answer) = 0;

  // Looks through the whole outbox and at all it depends on; connects to the endpoint, where that
  // is allowed now, and sends nothing. While the outbox is read (some 100 MB/s), nothing commits.
  // unavailable: one is at work already.
  virtual void doctor(Answer<std::vector<Finding>> answer) = 0;

  // not_possible: none is kept, and why.
  virtual void flight(Answer<FlightShown> answer) = 0;
};

}  // namespace reporterd
