#include "daemon/control/answers.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/core/timestamp.h"

namespace reporterd {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json optional_text(const std::optional<std::string>& text) {
  return text ? Json(*text) : Json(nullptr);
}

Json when(WallTime time) {
  return canonical_ts(time);
}

Json when(std::optional<WallTime> time) {
  return time ? when(*time) : Json(nullptr);
}

// Observed times are shown on the calendar of `now`, to the millisecond.
Json when(std::optional<Instant> time, Now now) {
  if (!time) {
    return nullptr;
  }
  const WallTime wall = now.wall + std::chrono::duration_cast<Micros>(*time - now.observed);
  return canonical_ts(std::chrono::floor<Millis>(wall));
}

Json named(const ButlerName& butler) {
  return Json{{"number", butler.number}, {"file", text_or_null(butler.file)}};
}

// Messages are stored as one line of JSON; anything else here is damage and is not passed on.
std::string message_or_null(const std::optional<std::string>& message) {
  const bool is_line = message && message->find('\n') == std::string::npos;
  return is_line && Json::accept(*message) ? *message : "null";
}

// `object` with one more member, whose value is JSON text.
std::string with_member(const Json& object, std::string_view name, std::string_view value) {
  std::string text = text_of(object);
  text.pop_back();
  text += object.empty() ? "\"" : ",\"";
  text.append(name).append("\":").append(value).append("}");
  return text;
}

Json consent_form(const ConsentReport& consent, Now now) {
  Json butlers = Json::array();
  for (const ButlerConsent& each : consent.butlers) {
    Json butler = named(each.butler);
    butler["decision"] = name_of(each.decision);
    butler["layer"] = each.layer;
    butler["why"] = each.why;
    butlers.push_back(std::move(butler));
  }
  return Json{{"decision", name_of(consent.decision)},
              {"layer", consent.layer},
              {"why", consent.why},
              {"noticeUntil", when(consent.notice_until, now)},
              {"butlers", std::move(butlers)}};
}

Json delivery_form(const Delivery& delivery, Now now) {
  Json success = nullptr;
  if (delivery.last_success) {
    success =
        Json{{"at", when(delivery.last_success->when, now)}, {"what", delivery.last_success->what}};
  }
  Json error = nullptr;
  if (delivery.last_error) {
    error = Json{{"at", when(delivery.last_error->when, now)},
                 {"text", delivery.last_error->text},
                 {"count", delivery.last_error->count}};
  }
  return Json{{"type", text_or_null(delivery.type)},
              {"host", text_or_null(delivery.host)},
              {"inFlight", delivery.in_flight},
              {"failures", delivery.failures},
              {"nextAttemptAt", when(delivery.next_attempt, now)},
              {"lastSuccess", std::move(success)},
              {"lastError", std::move(error)}};
}

Json ledger_form(const Ledger& ledger) {
  return Json{{"accepted", ledger.accepted},   {"requeued", ledger.requeued},
              {"queued", ledger.queued},       {"held", ledger.held},
              {"delivered", ledger.delivered}, {"rejected", ledger.rejected},
              {"expired", ledger.expired},     {"superseded", ledger.superseded},
              {"withdrawn", ledger.withdrawn}, {"deleted", ledger.deleted},
              {"lost", ledger.lost},           {"duplicates", ledger.duplicates},
              {"conflicts", ledger.conflicts}, {"balances", ledger.balances()}};
}

Json row_form(const Row& row, Now now) {
  return Json{{"seq", row.seq},
              {"instanceId", row.key.instance_id},
              {"ts", when(row.key.ts)},
              {"state", name_of(row.state)},
              {"source", text_or_null(row.source)},
              {"bytes", row.bytes},
              {"attempts", row.attempts},
              {"acceptedAt", when(row.accepted_at)},
              {"settledAt", when(row.settled_at)},
              {"dueAt", when(row.due, now)},
              {"reason", text_or_null(row.reason)},
              {"mayHaveArrived", row.may_have_arrived},
              {"bodyKept", row.body_kept}};
}

std::string_view name_of(FlushResult::Outcome outcome) {
  switch (outcome) {
    case FlushResult::Outcome::done:
      return "done";
    case FlushResult::Outcome::unreachable:
      return "unreachable";
    case FlushResult::Outcome::timed_out:
      return "timed out";
    case FlushResult::Outcome::started:
      return "started";
    case FlushResult::Outcome::nothing:
      return "nothing";
  }
  return "?";
}

}  // namespace

std::string to_json(const std::vector<Finding>& findings) {
  constexpr std::array levels = {"ok", "warning", "problem"};
  Json list = Json::array();
  for (const Finding& finding : findings) {
    list.push_back(Json{{"about", finding.about},
                        {"level", levels[static_cast<std::size_t>(finding.level)]},
                        {"text", finding.text}});
  }
  return text_of(Json{{"findings", std::move(list)}});
}

std::string quoted(std::string_view text) {
  return text_of(Json(text));
}

// By hand: this is the answer that is given most often by far. Nothing in it needs escaping.
std::string to_json(const Submitted& submitted) {
  std::string text;
  text.reserve(160);
  text.append(R"({"instanceId":")").append(submitted.key.instance_id);
  text.append(R"(","ts":")").append(canonical_ts(submitted.key.ts));
  text.append(submitted.duplicate ? R"(","state":"duplicate"})" : R"(","state":"queued"})");
  return text;
}

std::string to_json(const std::vector<MadeReport>& reports) {
  Json list = Json::array();
  for (const MadeReport& each : reports) {
    Json report = named(each.butler);
    if (each.submitted) {
      report["instanceId"] = each.submitted->key.instance_id;
      report["ts"] = when(each.submitted->key.ts);
      report["state"] = each.submitted->duplicate ? "duplicate" : "queued";
      report["whyNot"] = nullptr;
    } else {
      report["instanceId"] = nullptr;
      report["ts"] = nullptr;
      report["state"] = nullptr;
      report["whyNot"] = each.why_not;
    }
    list.push_back(std::move(report));
  }
  return text_of(Json{{"reports", std::move(list)}});
}

std::string to_json(const Preview& preview) {
  std::string butlers = "[";
  for (const ButlerPreview& each : preview.butlers) {
    Json butler = named(each.butler);
    butler["consent"] = name_of(each.consent);
    butler["whyNot"] = text_or_null(each.why_not);
    butler["withheld"] = each.withheld;
    butler["warnings"] = each.warnings;
    Json notes = Json::array();
    for (const PreviewNote& note : each.notes) {
      notes.push_back(Json{{"field", note.field}, {"note", note.note}});
    }
    butler["notes"] = std::move(notes);
    butlers += butlers.size() > 1 ? "," : "";
    butlers += with_member(butler, "message", message_or_null(each.message));
  }
  return with_member(Json{{"schemaVersion", answer_schema_version}}, "butlers", butlers + "]");
}

std::string to_json(const StatusReport& status, Now now) {
  Json ids = Json::array();
  for (const ButlerId& each : status.instance_ids) {
    Json id = named(each.butler);
    id["instanceId"] = text_or_null(each.instance_id);
    ids.push_back(std::move(id));
  }
  const Json form = {{"schemaVersion", answer_schema_version},
                     {"version", status.version},
                     {"now", when(now.observed, now)},
                     {"condition", name_of(status.condition)},
                     {"why", text_or_null(status.why)},
                     {"since", when(status.since, now)},
                     {"pausedUntil", when(status.paused_until, now)},
                     {"delivery", delivery_form(status.delivery, now)},
                     {"backlog",
                      {{"queued", status.backlog.queued},
                       {"held", status.backlog.held},
                       {"oldestAcceptedAt", when(status.backlog.oldest_accepted, now)}}},
                     {"ledger", ledger_form(status.ledger)},
                     {"storage",
                      {{"bytesUsed", status.storage.bytes_used},
                       {"bytesLimit", status.storage.bytes_limit},
                       {"diskFull", status.storage.disk_full},
                       {"setAside", text_or_null(status.storage.set_aside)}}},
                     {"consent", consent_form(status.consent, now)},
                     {"instanceIds", std::move(ids)},
                     {"reports",
                      {{"lastAt", when(status.reports.last, now)},
                       {"nextAt", when(status.reports.next, now)},
                       {"whyMissing", text_or_null(status.reports.why_missing)}}},
                     {"warnings", status.warnings}};
  return text_of(form);
}

std::string to_json(const ConsentReport& consent, Now now) {
  return text_of(consent_form(consent, now));
}

std::string to_json(const FlushResult& result) {
  return text_of(Json{{"outcome", name_of(result.outcome)},
                      {"settled", result.settled},
                      {"stillQueued", result.still_queued},
                      {"why", text_or_null(result.why)}});
}

std::string to_json(const Paused& paused, Now now) {
  return text_of(Json{{"until", when(paused.until, now)}});
}

std::string to_json(const std::vector<Row>& rows, Now now) {
  Json list = Json::array();
  for (const Row& row : rows) {
    list.push_back(row_form(row, now));
  }
  return text_of(Json{{"messages", std::move(list)}});
}

std::string to_json(const ShownMessage& message, Now now) {
  return with_member(row_form(message.row, now), "message", message_or_null(message.body));
}

std::string to_json(const ChangeResult& changed) {
  return text_of(Json{{"changed", changed.changed}, {"refused", changed.refused}});
}

std::string to_json(const IdReport& ids) {
  Json list = Json::array();
  for (const ButlerIds& each : ids.butlers) {
    Json id = named(each.butler);
    id["instanceId"] = text_or_null(each.instance_id);
    id["why"] = text_or_null(each.why);
    id["recomputed"] = optional_text(each.recomputed);
    id["earlier"] = each.earlier;
    list.push_back(std::move(id));
  }
  return text_of(Json{{"butlers", std::move(list)}});
}

std::string to_json(const ConfigChecked& checked) {
  return text_of(Json{{"file", checked.file}, {"warnings", checked.warnings}});
}

std::string to_json(const ConfigShown& shown) {
  return text_of(Json{{"file", shown.file}, {"yaml", shown.yaml}});
}

std::string to_json(const FlightShown& shown) {
  return text_of(Json{{"libraries", shown.libraries}, {"text", shown.text}});
}

std::string to_json(const ConfigReloaded& reloaded) {
  return text_of(Json{{"file", reloaded.file},
                      {"applied", reloaded.applied},
                      {"needsRestart", reloaded.needs_restart}});
}

}  // namespace reporterd
