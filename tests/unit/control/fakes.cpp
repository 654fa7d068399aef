#include "tests/unit/control/fakes.h"

#include <fmt/format.h>

namespace reporterd::testing {
namespace {

std::string words(const Selection& which) {
  std::string text = which.all ? "all" : "";
  for (const Seq seq : which.seqs) {
    text += fmt::format("{}{}", text.empty() ? "" : ",", seq);
  }
  return text;
}

}  // namespace

Row sample_row(Seq seq, State state) {
  Row row;
  row.seq = seq;
  row.key = {sample_id, sample_ts};
  row.state = state;
  row.source = "/etc/butler/production.yaml";
  row.bytes = 1234;
  row.accepted_at = sample_ts;
  if (state == State::queued) {
    row.attempts = 2;
    row.due = instant_at(1'001'500);
    row.reason = "HTTP 500";
  } else {
    row.settled_at = wall_at(to_us(sample_ts) + 60'000'000);
  }
  return row;
}

StatusReport sample_status() {
  StatusReport status;
  status.version = "0.1.0";
  status.condition = Condition::unreachable;
  status.why = "the destination cannot be reached: connection refused";
  status.since = instant_at(940'000);
  status.delivery.type = "http";
  status.delivery.host = "telemetry.example.com";
  status.delivery.failures = 2;
  status.delivery.next_attempt = instant_at(1'090'000);
  status.delivery.last_success = LastSuccess{instant_at(400'000), "1 message delivered"};
  status.delivery.last_error = LastError{instant_at(970'000), "connection refused", 2};
  status.backlog = {2, 0, instant_at(900'000)};
  status.ledger.accepted = 3;
  status.ledger.queued = 2;
  status.ledger.delivered = 1;
  status.storage = {40'960, 64 << 20, false, ""};
  status.consent.layer = "telemetry.enabled";
  status.consent.why = "telemetry.enabled is true";
  const ButlerName butler{1, "/etc/butler/production.yaml"};
  status.consent.butlers = {
      {butler, Decision::on, "Butler.anonTelemetry", "Butler.anonTelemetry is true"}};
  status.instance_ids = {{butler, sample_id}};
  status.reports = {instant_at(900'000), instant_at(44'100'000), ""};
  return status;
}

template <class T>
void FakeService::give(Answer<T> answer, Result<T> result) {
  if (failure) {
    result = std::unexpected(*failure);
  }
  if (!later) {
    answer(std::move(result));
    return;
  }
  owed_.emplace_back([answer = std::move(answer), result = std::move(result)]() mutable {
    answer(std::move(result));
  });
}

void FakeService::release(std::size_t index) {
  auto owed = std::move(owed_[index]);
  owed_.erase(owed_.begin() + static_cast<std::ptrdiff_t>(index));
  owed();
}

void FakeService::submit(std::string_view message_json, Answer<Submitted> answer) {
  submitted.emplace_back(message_json);
  Submitted result{{sample_id, sample_ts}, false};
  result.duplicate = submitted.size() > 1 && submitted[submitted.size() - 2] == message_json;
  give<Submitted>(std::move(answer), result);
}

void FakeService::report(std::optional<std::size_t> butler,
                         Answer<std::vector<MadeReport>> answer) {
  calls.push_back(fmt::format("report {}", butler ? std::to_string(*butler) : "all"));
  give<std::vector<MadeReport>>(
      std::move(answer),
      std::vector<MadeReport>{
          {{1, "/etc/butler/production.yaml"}, Submitted{{sample_id, sample_ts}, false}, ""},
          {{2, "/srv/butler/test.yaml"}, std::nullopt, "its file is empty"}});
}

void FakeService::preview(Answer<Preview> answer) {
  calls.emplace_back("preview");
  Preview preview;
  preview.butlers.push_back({.butler = {1, "/etc/butler/production.yaml"},
                             .consent = Decision::on,
                             .message = R"({"ts":"2026-01-02T03:04:05.000Z","data":{"rate":1.10}})",
                             .why_not = "",
                             .withheld = {"api.my endpoint"},
                             .warnings = {"api.my endpoint is withheld: not a plain name"},
                             .notes = {{"data.system.virtual", "CPUID hypervisor bit"}}});
  preview.butlers.push_back({.butler = {2, "/srv/butler/test.yaml"},
                             .consent = Decision::unknown,
                             .message = std::nullopt,
                             .why_not = "its file is empty",
                             .withheld = {},
                             .warnings = {},
                             .notes = {}});
  give<Preview>(std::move(answer), preview);
}

void FakeService::flush(const FlushRequest& request, Answer<FlushResult> answer) {
  calls.push_back(fmt::format("flush force={} wait={} {} ms", request.force, request.wait,
                              request.timeout.count()));
  FlushResult result{FlushResult::Outcome::started, 0, 2, "2 messages are being sent"};
  if (request.wait) {
    result = {FlushResult::Outcome::done, 2, 0, ""};
  }
  give<FlushResult>(std::move(answer), result);
}

void FakeService::pause(std::optional<Millis> length, Answer<Paused> answer) {
  calls.push_back(length ? fmt::format("pause for {} ms", length->count()) : std::string("pause"));
  Paused paused;
  if (length) {
    paused.until = now().observed + *length;
  }
  give<Paused>(std::move(answer), paused);
}

void FakeService::resume(Answer<void> answer) {
  calls.emplace_back("resume");
  give<void>(std::move(answer), {});
}

void FakeService::list(const Listing& listing, Answer<std::vector<Row>> answer) {
  calls.push_back(fmt::format("list settled={} state={} after={} before={} limit={}",
                              listing.settled, listing.state ? name_of(*listing.state) : "any",
                              listing.after, listing.before.value_or(0), listing.limit));
  give<std::vector<Row>>(
      std::move(answer),
      std::vector<Row>{
          sample_row(listing.settled ? 1 : 2, listing.settled ? State::delivered : State::queued)});
}

// 1 is settled, 2 is queued, nothing else is there.
void FakeService::show(Seq seq, Answer<ShownMessage> answer) {
  calls.push_back(fmt::format("show {}", seq));
  if (seq != 1 && seq != 2) {
    give<ShownMessage>(std::move(answer), fail(ErrorCode::not_found, "there is no message 9"));
    return;
  }
  give<ShownMessage>(std::move(answer),
                     ShownMessage{sample_row(seq, seq == 1 ? State::delivered : State::queued),
                                  R"({"ts":"2026-01-02T03:04:05.000Z","data":{"rate":1.10}})"});
}

void FakeService::remove(Selection which, Answer<ChangeResult> answer) {
  calls.push_back("remove " + words(which));
  give<ChangeResult>(std::move(answer), ChangeResult{1, {9}});
}

void FakeService::requeue(Selection which, Answer<ChangeResult> answer) {
  calls.push_back("requeue " + words(which));
  give<ChangeResult>(std::move(answer), ChangeResult{1, {}});
}

void FakeService::id_show(Answer<IdReport> answer) {
  calls.emplace_back("id_show");
  give<IdReport>(std::move(answer), IdReport{{{{1, "/etc/butler/production.yaml"},
                                               sample_id,
                                               "made of the network interface's address",
                                               std::string(64, 'b'),
                                               {std::string(64, 'c')}}}});
}

void FakeService::config_check(ConfigCandidate candidate, Answer<ConfigChecked> answer) {
  calls.push_back(fmt::format("config_check {} {}", candidate.file, candidate.text.value_or("-")));
  give<ConfigChecked>(std::move(answer), ConfigChecked{"/etc/reporterd/reporterd.yaml", {}});
}

void FakeService::config_show(Answer<ConfigShown> answer) {
  calls.emplace_back("config_show");
  give<ConfigShown>(std::move(answer),
                    ConfigShown{"/etc/reporterd/reporterd.yaml", "telemetry:\n  enabled: true\n"});
}

void FakeService::config_reload(Answer<ConfigReloaded> answer) {
  calls.emplace_back("config_reload");
  give<ConfigReloaded>(
      std::move(answer),
      ConfigReloaded{"/etc/reporterd/reporterd.yaml", {"retry"}, {"outbox.maxMessageBytes"}});
}

void FakeService::doctor(Answer<std::vector<Finding>> answer) {
  calls.emplace_back("doctor");
  give<std::vector<Finding>>(
      std::move(answer),
      std::vector<Finding>{{"clock", Finding::Level::ok, "it says 2026-11-22T10:00:00.000Z"},
                           {"endpoint", Finding::Level::problem, "no connection: refused"}});
}

void FakeService::flight(Answer<FlightShown> answer) {
  calls.emplace_back("flight");
  give<FlightShown>(std::move(answer), FlightShown{"begin 0.1.0\nstate consent=1\n5 6 woke sum=7\n",
                                                   {"SQLite 3.40.1"}});
}

}  // namespace reporterd::testing
