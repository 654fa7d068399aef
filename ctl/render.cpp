#include "ctl/render.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "ctl/duration.h"
#include "ctl/printable.h"
#include "daemon/core/timestamp.h"

namespace reporterd::ctl {
namespace {

// Longer lists are cut, so that a status fits one screen.
constexpr std::size_t most_listed = 6;

std::string shown(const Json& object, const char* name) {
  return printable(text_in(object, name));
}

std::optional<WallTime> time_in(const Json& object, const char* name) {
  const auto time = parse_ts(text_in(object, name));
  return time ? std::optional(*time) : std::nullopt;
}

std::string distance(std::optional<WallTime> from, std::optional<WallTime> to) {
  if (!from || !to) {
    return "?";
  }
  return spoken(std::chrono::duration_cast<Millis>(std::max(*to - *from, Micros(0))));
}

std::string bytes(std::int64_t count) {
  constexpr std::int64_t kib = 1024;
  constexpr std::int64_t mib = 1024 * kib;
  if (count < 10 * kib) {
    return fmt::format("{} bytes", count);
  }
  return count < 10 * mib ? fmt::format("{} KiB", count / kib) : fmt::format("{} MiB", count / mib);
}

std::string butler_name(const Json& butler) {
  if (number_in(butler, "number") == 0) {
    const std::string file = shown(butler, "file");
    return file.empty() ? "This host, for programs that name no id" : "Formerly " + file;
  }
  return fmt::format("Butler {} ({})", number_in(butler, "number"), shown(butler, "file"));
}

std::string lines_of(const Json& texts, std::string_view start, std::size_t most) {
  std::string lines;
  std::size_t count = 0;
  for (const Json& text : texts) {
    if (++count > most) {
      return lines +
             fmt::format("{}... and {} more: --json shows all\n", start, texts.size() - most);
    }
    lines +=
        fmt::format("{}{}\n", start, text.is_string() ? printable(text.get<std::string>()) : "");
  }
  return lines;
}

std::string coloured(std::string_view condition, bool colour) {
  constexpr std::string_view good = "32";
  constexpr std::string_view waiting = "33";
  constexpr std::string_view bad = "31";
  if (!colour) {
    return std::string(condition);
  }
  const bool is_good = condition == "idle" || condition == "sending";
  const bool is_bad = condition.ends_with("problem");
  return fmt::format("\x1b[{}m{}\x1b[0m", is_good ? good : is_bad ? bad : waiting, condition);
}

std::string_view advice(std::string_view condition) {
  struct Advice {
    std::string_view condition;
    std::string_view text;
  };
  constexpr Advice all[] = {
      {"off", "Nothing is collected or sent. `reporterctl consent show` says who decided."},
      {"paused", "To go on sending: reporterctl resume"},
      {"no destination",
       "Set destination.url in the configuration, then: reporterctl config reload"},
      {"notice", "Look at what would be sent: reporterctl preview. To send now: reporterctl flush"},
      {"auth problem",
       "Mend the key file or the certificate: a changed file is tried at once. See: reporterctl "
       "status"},
      {"config problem",
       "Mend destination.url, then: reporterctl config reload. The same URL again: reporterctl "
       "flush"},
      {"asked to wait", "Nothing to do. To try in spite of that: reporterctl flush --wait --force"},
      {"unreachable",
       "Nothing to do: it tries again by itself. To try now: reporterctl flush --wait"},
      {"waiting", "Nothing to do: it tries again by itself. To try now: reporterctl flush --wait"},
  };
  for (const Advice& each : all) {
    if (each.condition == condition) {
      return each.text;
    }
  }
  return "";
}

std::string delivery_lines(const Json& status, std::optional<WallTime> now) {
  const Json& delivery = member_in(status, "delivery");
  const std::string type = shown(delivery, "type");
  std::string text =
      type.empty() ? "destination   none\n"
                   : fmt::format("destination   {} ({}), {} in flight\n", shown(delivery, "host"),
                                 type, number_in(delivery, "inFlight"));
  if (const Json& success = member_in(delivery, "lastSuccess"); success.is_object()) {
    text += fmt::format("last success  {} ago: {}\n", distance(time_in(success, "at"), now),
                        shown(success, "what"));
  }
  if (const Json& error = member_in(delivery, "lastError"); error.is_object()) {
    text +=
        fmt::format("last error    {} ago, {} in a row: {}\n", distance(time_in(error, "at"), now),
                    number_in(error, "count"), shown(error, "text"));
  }
  return text;
}

std::string outbox_lines(const Json& status, std::optional<WallTime> now) {
  const Json& backlog = member_in(status, "backlog");
  const Json& ledger = member_in(status, "ledger");
  const Json& storage = member_in(status, "storage");
  std::string text = fmt::format("queue         {} queued, {} held", number_in(backlog, "queued"),
                                 number_in(backlog, "held"));
  if (const auto oldest = time_in(backlog, "oldestAcceptedAt")) {
    text += fmt::format(", oldest accepted {} ago", distance(oldest, now));
  }
  text += fmt::format("\nledger        {} accepted", number_in(ledger, "accepted"));
  for (const char* name : {"requeued", "delivered", "rejected", "expired", "superseded",
                           "withdrawn", "deleted", "lost", "duplicates", "conflicts"}) {
    if (number_in(ledger, name) != 0) {
      text += fmt::format(", {} {}", number_in(ledger, name), name);
    }
  }
  text += flag_in(ledger, "balances") ? "\n" : "; it does NOT balance\n";
  text += fmt::format("storage       {} of {}{}\n", bytes(number_in(storage, "bytesUsed")),
                      bytes(number_in(storage, "bytesLimit")),
                      flag_in(storage, "diskFull") ? "; the disk is FULL" : "");
  if (const std::string set_aside = shown(storage, "setAside"); !set_aside.empty()) {
    text += fmt::format("damaged       the outbox was set aside as {}\n", set_aside);
  }
  return text;
}

std::string consent_lines(const Json& consent) {
  std::string text = fmt::format("{}: {} ({})\n", shown(consent, "decision"), shown(consent, "why"),
                                 shown(consent, "layer"));
  std::size_t count = 0;
  const Json& butlers = member_in(consent, "butlers");
  for (const Json& butler : butlers) {
    if (++count > most_listed) {
      return text + fmt::format("              ... and {} more: --json shows all\n",
                                butlers.size() - most_listed);
    }
    text += fmt::format("              {}: {}, {}\n", butler_name(butler),
                        shown(butler, "decision"), shown(butler, "why"));
  }
  return text;
}

std::string report_line(const Json& status, std::optional<WallTime> now) {
  const Json& reports = member_in(status, "reports");
  std::string text = "reports       ";
  const auto last = time_in(reports, "lastAt");
  text += last ? fmt::format("last {} ago", distance(last, now)) : "none made yet";
  if (const auto next = time_in(reports, "nextAt")) {
    text += fmt::format(", next in {}", distance(now, next));
  }
  if (const std::string why = shown(reports, "whyMissing"); !why.empty()) {
    text += fmt::format("; none planned: {}", why);
  }
  return text + "\n";
}

std::string id_lines(const Json& status) {
  std::string text;
  std::string last;
  for (const Json& id : member_in(status, "instanceIds")) {
    const std::string shown_id = shown(id, "instanceId");
    if (shown_id != last) {
      text += fmt::format("instance id   {}\n", shown_id.empty() ? "not known yet" : shown_id);
    }
    last = shown_id;
  }
  return text;
}

std::string value_line(const Json& message, const char* label, const char* name) {
  const std::string value = shown(message, name);
  return value.empty() ? "" : fmt::format("{:<12}  {}\n", label, value);
}

}  // namespace

std::string text_in(const Json& object, const char* name) {
  const Json& member = member_in(object, name);
  return member.is_string() ? member.get<std::string>() : "";
}

std::int64_t number_in(const Json& object, const char* name) {
  const Json& member = member_in(object, name);
  return member.is_number_integer() ? member.get<std::int64_t>() : 0;
}

bool flag_in(const Json& object, const char* name) {
  const Json& member = member_in(object, name);
  return member.is_boolean() && member.get<bool>();
}

const Json& member_in(const Json& object, const char* name) {
  static const Json nothing;
  if (!object.is_object()) {
    return nothing;
  }
  const auto found = object.find(name);
  return found == object.end() ? nothing : *found;
}

std::string render_status(const Json& status, bool colour) {
  const auto now = time_in(status, "now");
  const std::string condition = shown(status, "condition");
  std::string text =
      fmt::format("reporterd {}: {}, for {}\n", shown(status, "version"),
                  coloured(condition, colour), distance(time_in(status, "since"), now));
  if (const std::string why = shown(status, "why"); !why.empty()) {
    text += fmt::format("  {}\n", why);
  }
  for (const auto& [object, name, words] :
       {std::tuple{&status, "pausedUntil", "paused until"},
        {&member_in(status, "consent"), "noticeUntil", "nothing is sent before"},
        {&member_in(status, "delivery"), "nextAttemptAt", "next attempt"}}) {
    if (const auto time = time_in(*object, name)) {
      text += fmt::format("  {} {}, in {}\n", words, shown(*object, name), distance(now, time));
    }
  }
  if (const std::string_view next = advice(condition); !next.empty()) {
    text += fmt::format("  {}\n", next);
  }
  text += "\n" + delivery_lines(status, now) + outbox_lines(status, now);
  text += "consent       " + consent_lines(member_in(status, "consent"));
  text += report_line(status, now) + id_lines(status);
  return text + lines_of(member_in(status, "warnings"), "warning       ", most_listed);
}

std::string render_preview(const Json& preview) {
  std::string text;
  const Json& butlers = member_in(preview, "butlers");
  for (const Json& butler : butlers) {
    text += fmt::format("{}{}, consent {}\n", text.empty() ? "" : "\n", butler_name(butler),
                        shown(butler, "consent"));
    if (const Json& message = member_in(butler, "message"); message.is_object()) {
      text += printable_lines(message.dump(2)) + "\n";
    } else {
      text += fmt::format("  no message: {}\n", shown(butler, "whyNot"));
    }
    text += lines_of(member_in(butler, "withheld"), "  withheld: ", SIZE_MAX);
    text += lines_of(member_in(butler, "warnings"), "  warning: ", SIZE_MAX);
    for (const Json& note : member_in(butler, "notes")) {
      text += fmt::format("  {}: {}\n", shown(note, "field"), shown(note, "note"));
    }
  }
  return butlers.empty() ? "No Butler is configured: there is nothing to report.\n" : text;
}

std::string render_reports(const Json& reports) {
  std::string text;
  for (const Json& report : member_in(reports, "reports")) {
    const std::string why_not = shown(report, "whyNot");
    text += butler_name(report);
    text += why_not.empty() ? fmt::format(": {} {}/{}\n", shown(report, "state"),
                                          shown(report, "instanceId"), shown(report, "ts"))
                            : fmt::format(": no report: {}\n", why_not);
  }
  return text;
}

std::string render_flush(const Json& result) {
  const std::string outcome = shown(result, "outcome");
  const std::int64_t settled = number_in(result, "settled");
  const std::int64_t queued = number_in(result, "stillQueued");
  const std::string why = shown(result, "why");
  const std::string reason = why.empty() ? "" : ": " + why;
  if (outcome == "nothing") {
    return "Nothing is queued.\n";
  }
  if (outcome == "started") {
    return fmt::format("Started, {} queued. To wait for the end: reporterctl flush --wait\n",
                       queued);
  }
  if (outcome == "done") {
    return fmt::format("Done: {} settled.\n", settled);
  }
  if (outcome == "unreachable") {
    return fmt::format("The destination cannot be reached{}. {} settled, {} kept.\n", reason,
                       settled, queued);
  }
  return fmt::format("Not complete ({}){}. {} settled, {} still queued.\n", outcome, reason,
                     settled, queued);
}

std::string render_paused(const Json& paused) {
  const std::string until = shown(paused, "until");
  return until.empty()
             ? "Paused. To go on: reporterctl resume\n"
             : fmt::format("Paused until {}. To go on before: reporterctl resume\n", until);
}

std::string render_messages(const Json& messages) {
  std::string text;
  for (const Json& row : member_in(messages, "messages")) {
    if (text.empty()) {
      text = fmt::format("{:>8}  {:<10}  {:<27}  {:<12}  {:>7}  {:>5}  {}\n", "SEQ", "STATE", "TS",
                         "INSTANCE", "BYTES", "TRIES", "REASON");
    }
    text += fmt::format("{:>8}  {:<10}  {:<27}  {:<12}  {:>7}  {:>5}  {}{}\n",
                        number_in(row, "seq"), shown(row, "state"), shown(row, "ts"),
                        printable(text_in(row, "instanceId").substr(0, 12)),
                        number_in(row, "bytes"), number_in(row, "attempts"), shown(row, "reason"),
                        flag_in(row, "mayHaveArrived") ? " (may have arrived)" : "");
  }
  return text.empty() ? "None.\n" : text;
}

std::string render_message(const Json& message) {
  std::string text = fmt::format("message       {} ({}, {} bytes, failed attempts: {})\n",
                                 number_in(message, "seq"), shown(message, "state"),
                                 number_in(message, "bytes"), number_in(message, "attempts"));
  text += value_line(message, "instance id", "instanceId") + value_line(message, "ts", "ts") +
          value_line(message, "source", "source") + value_line(message, "accepted", "acceptedAt") +
          value_line(message, "settled", "settledAt") + value_line(message, "due", "dueAt") +
          value_line(message, "reason", "reason");
  if (flag_in(message, "mayHaveArrived")) {
    text += "              an attempt was out: it may have arrived\n";
  }
  const Json& body = member_in(message, "message");
  return text + (body.is_object() ? printable_lines(body.dump(2)) + "\n"
                                  : "body          no longer kept\n");
}

std::string render_consent(const Json& consent) {
  std::string text = "consent       " + consent_lines(consent);
  if (const std::string until = shown(consent, "noticeUntil"); !until.empty()) {
    text += fmt::format("notice        nothing is sent before {}\n", until);
  }
  return text;
}

std::string render_ids(const Json& ids) {
  std::string text;
  const Json& butlers = member_in(ids, "butlers");
  for (const Json& butler : butlers) {
    const std::string id = shown(butler, "instanceId");
    text += butler_name(butler) + "\n";
    for (const std::string& line : {id, shown(butler, "why")}) {
      text += line.empty() ? "" : fmt::format("  {}\n", line);
    }
    if (const std::string now = shown(butler, "recomputed"); !now.empty()) {
      text += fmt::format("  recomputed: {}{}\n", now,
                          id.empty() ? "" : "; it would be this one now, the one above is kept");
    }
    text += lines_of(member_in(butler, "earlier"), "  earlier: ", SIZE_MAX);
  }
  return text;
}

std::string render_config_checked(const Json& checked) {
  return fmt::format("{}: ok\n", shown(checked, "file")) +
         lines_of(member_in(checked, "warnings"), "warning: ", SIZE_MAX);
}

std::string render_config_reloaded(const Json& reloaded) {
  const Json& applied = member_in(reloaded, "applied");
  const Json& later = member_in(reloaded, "needsRestart");
  std::string text = fmt::format("{}: read\n", shown(reloaded, "file"));
  text += lines_of(applied, "applied: ", SIZE_MAX);
  text += lines_of(later, "counts only after a restart: ", SIZE_MAX);
  return applied.empty() && later.empty() ? text + "nothing changed\n" : text;
}

std::string render_submitted(const Json& submitted) {
  return fmt::format("{} {}/{}\n", shown(submitted, "state"), shown(submitted, "instanceId"),
                     shown(submitted, "ts"));
}

}  // namespace reporterd::ctl
