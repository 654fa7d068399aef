#include "daemon/butlers.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "daemon/collect/instance_id.h"
#include "daemon/path.h"
#include "daemon/preview.h"

namespace reporterd {
namespace {

// Files that change are read again when they have been quiet for so long: an interrupted write can
// look like a shorter, valid file.
constexpr Millis quiet_time{1000};
constexpr Millis busy_file_retry{10'000};
constexpr const char* butlers_name = "butlers";  // configured last, one a line

std::string in_words(const std::string& file) {
  return file.empty() ? "this host" : file;
}

}  // namespace

bool same_file(const std::string& one, const std::string& other) {
  return path_of(one).lexically_normal() == path_of(other).lexically_normal();
}

Butlers::Butlers(Engine& engine, Clock& clock, Entropy& entropy, ButlersWorld world,
                 ButlersEvents events)
    : engine_(engine),
      clock_(clock),
      entropy_(entropy),
      world_(std::move(world)),
      events_(std::move(events)),
      check_(MessageLimits{}),
      started_(clock.now().observed),
      alive_(std::make_shared<int>(0)) {}

void Butlers::configure(const Config& config, const Consent& service) {
  alive_ = std::make_shared<int>(0);
  const std::vector<std::unique_ptr<Butler>> before = std::exchange(butlers_, {});
  service_ = service;
  follow_butler_ = config.telemetry.follow_butler;
  settings_ = config.report;
  for (const ButlerConfig& butler_config : config.butlers) {
    auto butler = std::make_unique<Butler>();
    butler->config = butler_config;
    butlers_.push_back(std::move(butler));
    Butler& added = *butlers_.back();
    read(added);
    apply(added, Consent{}, true);
    load(added);
  }
  load_host();
  hold_what_is_no_longer_configured();
  for (const std::unique_ptr<Butler>& old : before) {
    const bool stays = std::ranges::any_of(butlers_, [&](const auto& butler) {
      return butler->config.config_file == old->config.config_file;
    });
    if (!stays) {  // its switch can no longer be asked
      engine_.hold_source(old->config.config_file);
    }
  }
  tell_files();
}

// A Butler may have left the configuration while we were away: its switch can no longer be asked.
void Butlers::hold_what_is_no_longer_configured() {
  std::string names;
  for (const std::unique_ptr<Butler>& butler : butlers_) {
    names += butler->config.config_file + "\n";
  }
  engine_.run(
      [names](Outbox& outbox) {
        std::istringstream kept(outbox.get(butlers_name).value_or(""));
        for (std::string name; std::getline(kept, name);) {
          if (names.find(name + "\n") == std::string::npos) {
            outbox.hold_source(name);
          }
        }
        outbox.put(butlers_name, names);
      },
      nullptr);
}

void Butlers::read(Butler& butler) {
  butler.quiet_at.reset();
  if (service_.decision != Decision::on) {
    butler.reading = ButlerReading{};
    butler.consent = service_;
    return;
  }
  butler.reading = world_.butler(butler.config);
  butler.consent = consent_of_butler(service_, follow_butler_, own_consent(butler.reading));
  if (butler.reading.is_busy) {  // a program that only lets go of it changes nothing to be seen
    butler.quiet_at = clock_.now().observed + busy_file_retry;
  }
  for (const std::string& warning : butler.reading.warnings) {
    if (std::ranges::find(butler.warned, warning) == butler.warned.end()) {
      butler.warned.push_back(warning);
      events_.warn(warning);
    }
  }
}

void Butlers::reread(Butler& butler) {
  const Consent before = butler.consent;
  read(butler);
  apply(butler, before, false);
  tell_files();
}

// Makes the outbox follow the Butler's switch.
void Butlers::apply(Butler& butler, const Consent& before, bool first) {
  if (service_.decision != Decision::on || (!first && butler.consent == before)) {
    return;
  }
  const std::string& file = butler.config.config_file;
  switch (butler.consent.decision) {
    case Decision::on:
      engine_.release_source(file);
      if (!first) {
        events_.note(file + ": reports are made");
      }
      return;
    case Decision::off:
      engine_.withdraw(WithdrawScope{false, file}, nullptr);
      events_.note(file + ": telemetry is off (" + butler.consent.why +
                   "); nothing is collected, what waited is withdrawn");
      return;
    case Decision::unknown:
      engine_.hold_source(file);
      events_.note((butler.consent.why.starts_with(file) ? "" : file + ": ") + butler.consent.why +
                   "; its messages are held, not sent");
      return;
  }
}

// Reads the id and the last report's mark from the outbox, then goes on with id and plan.
void Butlers::load(Butler& butler) {
  struct Kept {
    std::optional<std::string> id;
    std::optional<std::string> mark;
  };
  auto kept = std::make_shared<Kept>();
  engine_.run(
      [kept, id = id_record_name(butler.config.config_file),
       mark = mark_name(butler)](Outbox& outbox) {
        kept->id = outbox.get(id);
        kept->mark = outbox.get(mark);
      },
      [this, kept, &butler, alive = std::weak_ptr(alive_)](const Status& status) {
        if (alive.expired()) {
          return;
        }
        if (!status) {
          butler.quiet_at = clock_.now().observed + full_outbox_retry;
          events_.wake_changed();
          return;
        }
        use_kept_id(butler.config.config_file, butler.id, kept->id);
        butler.last = mark_from_json(kept->mark);
        butler.loaded = true;
        if (service_.decision == Decision::on) {
          compute_id(butler);
          plan(butler);
        }
      });
}

// After all load()s: whether the host's own id is needed depends on what they found. The ids of
// Butlers that are no longer configured stay: their owner needs them to have data deleted.
void Butlers::load_host() {
  host_loaded_ = false;
  auto kept = std::make_shared<std::map<std::string, std::string>>();
  engine_.run(
      [kept](Outbox& outbox) {
        kept->clear();
        for (const std::string& name : outbox.names(id_record_name(""))) {
          kept->emplace(name, outbox.get(name).value_or(""));
        }
      },
      [this, kept, alive = std::weak_ptr(alive_)](const Status& status) {
        if (alive.expired() || !status) {
          return;  // own_instance_id() comes back
        }
        if (const auto own = kept->find(id_record_name("")); own != kept->end()) {
          use_kept_id("", host_id_, own->second);
        }
        kept_ids_ = id_records(*kept);
        host_loaded_ = true;
        compute_host_id();
        events_.wake_changed();
      });
}

void Butlers::use_kept_id(const std::string& file, std::optional<IdRecord>& id,
                          const std::optional<std::string>& kept) {
  auto record = kept ? parse_id_record(*kept) : fail(ErrorCode::not_found, "");
  if (record) {
    id = std::move(*record);
    note_id(file, *id);
  }
}

// Once for each id, not at every reload.
void Butlers::note_id(const std::string& file, const IdRecord& id) {
  if (std::exchange(noted_ids_[file], id.current.id) != id.current.id) {
    events_.note(in_words(file) + ": instance id " + id.current.id);
  }
}

// It needs Butler's configuration for the Sense host.
void Butlers::compute_id(Butler& butler) {
  if (may_collect(butler)) {
    update_id(butler.config.config_file, butler.id, butler.reading.qrs_host);
  }
}

void Butlers::compute_host_id() {
  if (host_loaded_ && host_id_in_use()) {
    update_id("", host_id_, "");
  }
}

// The id is computed once there is a default route, or when the start spread is over without one.
void Butlers::update_id(const std::string& file, std::optional<IdRecord>& id,
                        const std::string& qrs_host) {
  const Now now = clock_.now();
  if (!world_.default_route()) {
    if (id || now.observed < started_ + settings_.start_spread) {
      return;  // wake_at() comes back
    }
  }
  const HostInputs inputs = world_.host();
  const InstanceId computed = compute_instance_id(host_facts(inputs), qrs_host);
  const std::optional<IdRecord> before = id;
  id = update(id, computed, inputs.machine_id, now.wall);
  note_id(file, *id);
  if (before != id) {
    engine_.run([name = id_record_name(file),
                 json = to_json(*id)](Outbox& outbox) { outbox.put(name, json); },
                nullptr);
  }
}

void Butlers::plan(Butler& butler) {
  butler.due.reset();
  if (may_collect(butler) && butler.id) {
    const ReportContent content =
        report_content(host_facts(world_.host()), butler.reading, butler.id->current.id);
    const Now now = clock_.now();
    const bool starting = now.observed < started_ + settings_.start_spread;
    const Millis spread = starting ? draw_up_to(entropy_, settings_.start_spread) : Millis(0);
    butler.due = first_report_due(butler.last, sha256_hex(content.data), now, settings_, spread);
  }
  events_.wake_changed();
}

bool Butlers::may_collect(const Butler& butler) const {
  return butler.loaded && butler.consent.decision == Decision::on &&
         butler.reading.state != ButlerReading::State::unknown;
}

void Butlers::file_changed(const std::string& file) {
  if (service_.decision != Decision::on) {
    return;
  }
  for (const std::unique_ptr<Butler>& butler : butlers_) {
    const bool is_its = std::ranges::any_of(
        butler->reading.files, [&](const std::string& other) { return same_file(file, other); });
    if (!is_its) {
      continue;
    }
    // What it says now is not known until it has been quiet for a moment.
    const Consent before = butler->consent;
    const Consent changing{Decision::unknown, "Butler's configuration", file + " is changing"};
    butler->consent = consent_of_butler(service_, follow_butler_, changing);
    apply(*butler, before, false);
    butler->due.reset();
    butler->quiet_at = clock_.now().observed + quiet_time;
  }
  events_.wake_changed();
}

void Butlers::network_changed() {
  for (const std::unique_ptr<Butler>& butler : butlers_) {
    const bool had_id = butler->id.has_value();
    compute_id(*butler);
    if (!had_id && butler->id) {
      plan(*butler);
    }
  }
  compute_host_id();
}

void Butlers::wake() {
  const Instant now = clock_.now().observed;
  for (std::size_t i = 0; i < butlers_.size(); ++i) {
    Butler& butler = *butlers_[i];
    if (butler.quiet_at && now >= *butler.quiet_at) {
      reread(butler);
      if (!butler.loaded) {
        load(butler);
      } else {
        compute_id(butler);
        plan(butler);
      }
    }
    if (may_collect(butler) && !butler.id && now >= started_ + settings_.start_spread) {
      compute_id(butler);
      plan(butler);
    }
    if (butler.due && now >= *butler.due) {
      butler.due = now + settings_.interval;
      report(i, [this, file = butler.config.config_file,
                 alive = std::weak_ptr(alive_)](const Result<MessageKey>& made) {
        const bool is_off = !made && made.error().code == ErrorCode::consent_off;
        if (!made && !is_off && !alive.expired()) {
          events_.warn(file + ": no report was made: " + made.error().what);
        }
      });
    }
  }
  if (!host_id_ && now >= started_ + settings_.start_spread) {
    compute_host_id();
  }
}

std::optional<Instant> Butlers::wake_at() const {
  std::optional<Instant> at;
  for (const std::unique_ptr<Butler>& butler : butlers_) {
    keep_earlier(at, butler->quiet_at);
    keep_earlier(at, butler->due);
    if (may_collect(*butler) && !butler->id) {
      keep_earlier(at, started_ + settings_.start_spread);
    }
  }
  if (host_loaded_ && !host_id_ && host_id_in_use()) {
    keep_earlier(at, started_ + settings_.start_spread);
  }
  return at;
}

void Butlers::tell_files() {
  std::vector<std::string> files;
  for (const std::unique_ptr<Butler>& butler : butlers_) {
    files.insert(files.end(), butler->reading.files.begin(), butler->reading.files.end());
  }
  events_.files(std::move(files));
}

// While no Butler has an id or is about to get one.
bool Butlers::host_id_in_use() const {
  return service_.decision == Decision::on &&
         std::ranges::none_of(butlers_, [this](const std::unique_ptr<Butler>& butler) {
           return butler->id || may_collect(*butler);
         });
}

IdRecords Butlers::ids() const {
  IdRecords ids = kept_ids_;
  for (const std::unique_ptr<Butler>& butler : butlers_) {
    if (butler->id) {
      ids.insert_or_assign(butler->config.config_file, *butler->id);
    }
  }
  if (host_id_) {
    ids.insert_or_assign("", *host_id_);
  }
  return ids;
}

Result<std::string> Butlers::own_instance_id() {
  for (const std::unique_ptr<Butler>& butler : butlers_) {
    if (butler->id) {
      return butler->id->current.id;
    }
  }
  if (host_id_) {
    return host_id_->current.id;
  }
  if (service_.decision != Decision::on) {
    return fail(ErrorCode::consent_off, "telemetry is off: " + service_.why);
  }
  if (!host_loaded_) {
    load_host();
  }
  return fail(ErrorCode::unavailable,
              std::string(no_id_yet) + "; name data.system.id, or try again then");
}

}  // namespace reporterd
