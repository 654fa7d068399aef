// Making a report of one Butler, now.
#include <algorithm>
#include <utility>

#include "daemon/butlers.h"
#include "daemon/collect/instance_id.h"

namespace reporterd {
namespace {

// A program may have taken our millisecond under our id; the next ones are tried.
constexpr int ts_tries = 100;
constexpr const char* configured_anew = "the configuration changed meanwhile; try again";

std::string text_of(const Appended appended) {
  switch (appended) {
    case Appended::queued:
      return "";
    case Appended::duplicate:
    case Appended::conflict:
      return "its time is taken";
    case Appended::too_old:
      return "its time is before the deduplication window; check the clock";
    case Appended::storage_full:
      return "the outbox is full; the report is made again later";
  }
  return "";
}

}  // namespace

void Butlers::report(std::size_t index, Made made) {
  if (index >= butlers_.size()) {
    made(fail(ErrorCode::not_found, "there is no such Butler; see `reporterctl status`"));
    return;
  }
  Butler& butler = *butlers_[index];
  if (butler.loaded && !butler.quiet_at) {
    reread(butler);  // not every change is seen: Butler's package.json and logs are not watched
  }
  if (butler.consent.decision == Decision::off) {
    made(fail(ErrorCode::consent_off, butler.consent.why));
    return;
  }
  if (!may_collect(butler)) {
    const std::string& why = butler.reading.why.empty() ? butler.consent.why : butler.reading.why;
    made(fail(ErrorCode::not_possible, why));
    return;
  }
  if (!butler.id) {
    made(fail(ErrorCode::not_possible, no_id_yet));
    return;
  }
  make(butler, next_ts(butler.last, clock_.now().wall), ts_tries, std::move(made));
}

void Butlers::make(Butler& butler, WallTime ts, int tries, Made made) {
  struct Piece {
    NewMessage message;
    ReportMark mark;
    Now now;
    Appended appended = Appended::queued;
  };
  auto piece = std::make_shared<Piece>();
  piece->now = engine_.accept_time();
  const ReportContent content =
      report_content(host_facts(world_.host()), butler.reading, butler.id->current.id);
  // Our own reports pass the same gate as everybody's: only documented fields can leave.
  auto checked = check_.check(make_report(content, ts), {}, piece->now.wall);
  if (!checked) {
    made(std::unexpected(checked.error()));
    return;
  }
  piece->message = {checked->key, std::move(checked->body), butler.config.config_file,
                    content.data};
  piece->mark = {piece->now.observed, ts, sha256_hex(content.data)};
  engine_.run(
      [piece, name = mark_name(butler)](Outbox& outbox) {
        piece->appended = outbox.append(piece->message, piece->now);
        if (piece->appended == Appended::queued) {
          outbox.put(name, to_json(piece->mark));
        }
      },
      [this, piece, &butler, tries, made = std::move(made),
       alive = std::weak_ptr(alive_)](const Status& status) mutable {
        if (alive.expired()) {  // configured anew meanwhile: only the answer is left to give
          const bool queued = status && piece->appended == Appended::queued;
          made(queued ? Result<MessageKey>(piece->message.key)
                      : fail(ErrorCode::unavailable, configured_anew));
          return;
        }
        const Instant now = clock_.now().observed;
        const bool taken =
            piece->appended == Appended::duplicate || piece->appended == Appended::conflict;
        if (status && taken && !may_collect(butler)) {
          made(fail(ErrorCode::consent_off, butler.consent.why));
          return;
        }
        if (status && taken && tries > 0) {
          make(butler, piece->mark.ts + Millis(1), tries - 1, std::move(made));
          return;
        }
        if (status && piece->appended == Appended::queued) {
          butler.last = piece->mark;
          if (may_collect(butler)) {
            butler.due = now + settings_.interval;
          }
          events_.wake_changed();
          made(piece->message.key);
          return;
        }
        butler.due = now + std::min<Millis>(full_outbox_retry, settings_.interval);
        events_.wake_changed();
        made(status ? fail(ErrorCode::storage_full, text_of(piece->appended))
                    : std::unexpected(status.error()));
      });
}

}  // namespace reporterd
