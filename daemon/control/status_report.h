#pragma once
// Everything `status` tells, as values. Never holds a secret: no credentials, no URL beyond its
// host, no message bodies.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/condition.h"
#include "daemon/core/consent.h"
#include "daemon/core/outbox.h"
#include "daemon/core/time.h"

namespace reporterd {

// A Butler of this host: its number in the configuration's list, from 1, and its file. With an id,
// 0 and "" name the host itself: what programs hand in without an id gets that one.
struct ButlerName {
  std::size_t number = 0;
  std::string file;
};

struct ButlerConsent {
  ButlerName butler;
  Decision decision = Decision::unknown;
  std::string
      layer;        // who decided: "DO_NOT_TRACK", "telemetry.enabled", "Butler.anonTelemetry", ...
  std::string why;  // one line
};

struct ConsentReport {
  Decision decision = Decision::on;     // of the whole service: on or off
  std::string layer;                    // as in ButlerConsent
  std::string why;                      // one line
  std::optional<Instant> notice_until;  // nothing is sent before
  std::vector<ButlerConsent> butlers;
};

struct LastSuccess {
  Instant when;
  std::string what;  // one line: "1 message delivered"
};

struct LastError {
  Instant when;
  std::string text;        // one line, never message data
  std::int64_t count = 0;  // how often in a row
};

struct Delivery {
  std::string type;  // "http"; "" when there is no destination
  std::string host;  // host[:port] only
  std::size_t in_flight = 0;
  std::int64_t failures = 0;            // of the destination, in a row
  std::optional<Instant> next_attempt;  // absent: none is planned
  std::optional<LastSuccess> last_success;
  std::optional<LastError> last_error;
};

struct Storage {
  std::int64_t bytes_used = 0;
  std::int64_t bytes_limit = 0;
  bool disk_full = false;
  std::string set_aside;  // file name of a damaged outbox that was set aside; "" when none
};

struct Backlog {
  std::int64_t queued = 0;
  std::int64_t held = 0;
  std::optional<Instant> oldest_accepted;
};

struct ReportSchedule {
  std::optional<Instant> last;
  std::optional<Instant> next;
  std::string why_missing;  // one line, when no report is planned: what to configure
};

struct ButlerId {
  ButlerName butler;
  std::string instance_id;  // "" : not known yet
};

struct StatusReport {
  std::string version;
  Condition condition = Condition::idle;
  std::string why;  // one line: what it waits for, what to do; "" when there is nothing to say
  Instant since;    // when the condition began
  std::optional<Instant> paused_until;  // condition paused; absent: until `resume`
  Delivery delivery;
  Backlog backlog;
  Ledger ledger;
  Storage storage;
  ConsentReport consent;
  std::vector<ButlerId> instance_ids;
  ReportSchedule reports;
  std::vector<std::string> warnings;  // one line each
};

}  // namespace reporterd
