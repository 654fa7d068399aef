#include "daemon/control/methods.h"

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/control/answers.h"

namespace reporterd {
namespace {

constexpr std::int64_t most_rows = 1000;
constexpr Seq highest_seq = std::int64_t{1} << 53;  // what every JSON reader can hold

// An Answer that puts what it gets into JSON. `form` is called with a T.
template <class T, class Form>
Answer<T> in_json(JsonAnswer reply, Form form) {
  return [reply = std::move(reply), form = std::move(form)](Result<T> result) mutable {
    if (result) {
      reply(form(*result));
    } else {
      reply(std::unexpected(std::move(result.error())));
    }
  };
}

template <class T>
Answer<T> in_json(JsonAnswer reply) {
  return in_json<T>(std::move(reply), [](const T& value) { return to_json(value); });
}

// For answers with times in them. The Service outlives the answers it gives.
template <class T>
Answer<T> in_json_with_times(const Service& service, JsonAnswer reply) {
  return in_json<T>(std::move(reply),
                    [&service](const T& value) { return to_json(value, service.now()); });
}

Status call_status(Service& service, Params& params, JsonAnswer reply) {
  if (Status good = params.done(); !good) {
    return good;
  }
  const StatusReport status = service.status();
  reply(to_json(status, service.now()));
  return {};
}

// The usual form of submit, {"message": {...}}, does not come here: the session passes the
// message's bytes on. Whatever comes here is wrong; this says what.
Status refuse_submit(Service& /*service*/, Params& /*params*/, JsonAnswer /*reply*/) {
  return fail(ErrorCode::invalid, "params must be {\"message\": {...}} and nothing else");
}

Status call_report(Service& service, Params& params, JsonAnswer reply) {
  const auto number = params.integer("butler", 1, 10'000);
  if (Status good = params.done(); !good) {
    return good;
  }
  std::optional<std::size_t> butler;
  if (number) {
    butler = static_cast<std::size_t>(*number);
  }
  service.report(butler, in_json<std::vector<MadeReport>>(std::move(reply)));
  return {};
}

Status call_preview(Service& service, Params& params, JsonAnswer reply) {
  if (Status good = params.done(); !good) {
    return good;
  }
  service.preview(in_json<Preview>(std::move(reply)));
  return {};
}

Status call_flush(Service& service, Params& params, JsonAnswer reply) {
  FlushRequest request;
  request.force = params.flag("force");
  request.wait = params.flag("wait");
  const auto timeout = params.integer("timeoutMs", 1, longest_flush_wait.count());
  if (timeout && !request.wait) {
    params.mistake("timeoutMs goes with wait only");
  }
  if (Status good = params.done(); !good) {
    return good;
  }
  request.timeout = timeout ? Millis(*timeout) : request.timeout;
  service.flush(request, in_json<FlushResult>(std::move(reply)));
  return {};
}

Status call_pause(Service& service, Params& params, JsonAnswer reply) {
  const auto length = params.integer("forMs", 1, longest_pause.count());
  if (Status good = params.done(); !good) {
    return good;
  }
  std::optional<Millis> wanted;
  if (length) {
    wanted = Millis(*length);
  }
  service.pause(wanted, in_json_with_times<Paused>(service, std::move(reply)));
  return {};
}

Status call_resume(Service& service, Params& params, JsonAnswer reply) {
  if (Status good = params.done(); !good) {
    return good;
  }
  service.resume([reply = std::move(reply)](Result<void> result) mutable {
    if (result) {
      reply("{}");
    } else {
      reply(std::unexpected(std::move(result.error())));
    }
  });
  return {};
}

bool is_waiting(State state) {
  return state == State::queued || state == State::held;
}

Status call_list(Service& service, Params& params, bool settled, JsonAnswer reply) {
  Listing listing;
  listing.settled = settled;
  if (const auto name = params.text("state")) {
    listing.state = state_named(*name);
    if (!listing.state || is_waiting(*listing.state) == settled) {
      params.mistake(settled ? "state must be one of delivered, rejected, expired, superseded, "
                               "withdrawn, deleted, lost"
                             : "state must be queued or held");
    }
  }
  if (settled) {
    listing.before = params.integer("before", 1, highest_seq);
  } else {
    listing.after = params.integer("after", 0, highest_seq).value_or(0);
  }
  listing.limit = static_cast<std::size_t>(params.integer("limit", 1, most_rows).value_or(50));
  if (Status good = params.done(); !good) {
    return good;
  }
  service.list(listing, in_json_with_times<std::vector<Row>>(service, std::move(reply)));
  return {};
}

Status call_queue_list(Service& service, Params& params, JsonAnswer reply) {
  return call_list(service, params, /*settled=*/false, std::move(reply));
}

Status call_history_list(Service& service, Params& params, JsonAnswer reply) {
  return call_list(service, params, /*settled=*/true, std::move(reply));
}

Status call_show(Service& service, Params& params, bool settled, JsonAnswer reply) {
  const auto seq = params.integer("seq", 1, highest_seq);
  if (!seq) {
    params.mistake("seq is missing");
  }
  if (Status good = params.done(); !good) {
    return good;
  }
  service.show(*seq, [&service, settled,
                      reply = std::move(reply)](Result<ShownMessage> result) mutable {
    if (!result) {
      reply(std::unexpected(std::move(result.error())));
    } else if (is_waiting(result->row.state) == settled) {
      reply(fail(ErrorCode::not_found, settled ? "this message is not settled: it is in the queue"
                                               : "this message is settled: it is in the history"));
    } else {
      reply(to_json(*result, service.now()));
    }
  });
  return {};
}

Status call_queue_show(Service& service, Params& params, JsonAnswer reply) {
  return call_show(service, params, /*settled=*/false, std::move(reply));
}

Status call_history_show(Service& service, Params& params, JsonAnswer reply) {
  return call_show(service, params, /*settled=*/true, std::move(reply));
}

Result<Selection> selection_of(Params& params) {
  Selection which;
  which.all = params.flag("all");
  which.seqs = params.positive_integers("seqs");
  if (which.all != which.seqs.empty()) {
    params.mistake("either seqs or \"all\": true is needed");
  }
  if (Status good = params.done(); !good) {
    return std::unexpected(std::move(good.error()));
  }
  return which;
}

Status call_queue_delete(Service& service, Params& params, JsonAnswer reply) {
  Result<Selection> which = selection_of(params);
  if (!which) {
    return std::unexpected(std::move(which.error()));
  }
  service.remove(std::move(*which), in_json<ChangeResult>(std::move(reply)));
  return {};
}

Status call_queue_requeue(Service& service, Params& params, JsonAnswer reply) {
  Result<Selection> which = selection_of(params);
  if (!which) {
    return std::unexpected(std::move(which.error()));
  }
  service.requeue(std::move(*which), in_json<ChangeResult>(std::move(reply)));
  return {};
}

Status call_consent_show(Service& service, Params& params, JsonAnswer reply) {
  if (Status good = params.done(); !good) {
    return good;
  }
  const StatusReport status = service.status();
  reply(to_json(status.consent, service.now()));
  return {};
}

Status call_id_show(Service& service, Params& params, JsonAnswer reply) {
  if (Status good = params.done(); !good) {
    return good;
  }
  service.id_show(in_json<IdReport>(std::move(reply)));
  return {};
}

Status call_config_check(Service& service, Params& params, JsonAnswer reply) {
  ConfigCandidate candidate;
  candidate.text = params.text("text");
  candidate.file = params.text("file").value_or("configuration");
  if (Status good = params.done(); !good) {
    return good;
  }
  service.config_check(std::move(candidate), in_json<ConfigChecked>(std::move(reply)));
  return {};
}

Status call_config_show(Service& service, Params& params, JsonAnswer reply) {
  if (Status good = params.done(); !good) {
    return good;
  }
  service.config_show(in_json<ConfigShown>(std::move(reply)));
  return {};
}

Status call_config_reload(Service& service, Params& params, JsonAnswer reply) {
  if (Status good = params.done(); !good) {
    return good;
  }
  service.config_reload(in_json<ConfigReloaded>(std::move(reply)));
  return {};
}

Status call_doctor(Service& service, Params& params, JsonAnswer reply) {
  if (Status good = params.done(); !good) {
    return good;
  }
  service.doctor(in_json<std::vector<Finding>>(std::move(reply)));
  return {};
}

Status call_flight(Service& service, Params& params, JsonAnswer reply) {
  if (Status good = params.done(); !good) {
    return good;
  }
  service.flight(in_json<FlightShown>(std::move(reply)));
  return {};
}

constexpr std::array method_table = {
    Method{"submit", Access::submit, refuse_submit},
    Method{"status", Access::submit, call_status},
    Method{"report", Access::control, call_report},
    Method{"preview", Access::control, call_preview},
    Method{"flush", Access::control, call_flush},
    Method{"pause", Access::control, call_pause},
    Method{"resume", Access::control, call_resume},
    Method{"queue.list", Access::control, call_queue_list},
    Method{"queue.show", Access::control, call_queue_show},
    Method{"queue.delete", Access::control, call_queue_delete},
    Method{"queue.requeue", Access::control, call_queue_requeue},
    Method{"history.list", Access::control, call_history_list},
    Method{"history.show", Access::control, call_history_show},
    Method{"consent.show", Access::control, call_consent_show},
    Method{"id.show", Access::control, call_id_show},
    Method{"config.check", Access::control, call_config_check},
    Method{"config.show", Access::control, call_config_show},
    Method{"config.reload", Access::control, call_config_reload},
    Method{"doctor", Access::control, call_doctor},
    Method{"flight", Access::control, call_flight},
};

}  // namespace

std::span<const Method> methods() {
  return method_table;
}

const Method* find_method(std::string_view name) {
  const auto* const found = std::find_if(method_table.begin(), method_table.end(),
                                         [&](const Method& method) { return method.name == name; });
  return found == method_table.end() ? nullptr : found;
}

}  // namespace reporterd
