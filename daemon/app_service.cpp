// What local clients ask for, answered from the running parts.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "daemon/app.h"
#include "daemon/preview.h"
#include "store/sqlite_outbox.h"

namespace reporterd {
namespace {

FlushResult::Outcome outcome_of(FlushOutcome::Kind kind) {
  switch (kind) {
    case FlushOutcome::Kind::done:
      return FlushResult::Outcome::done;
    case FlushOutcome::Kind::unreachable:
      return FlushResult::Outcome::unreachable;
    case FlushOutcome::Kind::timed_out:
      return FlushResult::Outcome::timed_out;
    case FlushOutcome::Kind::started:
      return FlushResult::Outcome::started;
    case FlushOutcome::Kind::nothing:
      return FlushResult::Outcome::nothing;
  }
  return FlushResult::Outcome::nothing;
}

// Calls `one` for every message that a command with `all` means: the whole queue to delete, or all
// rejected and expired ones to send again.
template <class One>
void for_all(Outbox& outbox, bool requeue, const One& one) {
  const auto every = [&](Listing listing) {
    for (;;) {
      const std::vector<Row> rows = outbox.list(listing);
      for (const Row& row : rows) {
        one(row.seq);
      }
      if (rows.size() < listing.limit) {
        return;
      }
      listing.after = rows.back().seq;
      listing.before = rows.back().seq;
    }
  };
  Listing listing;
  listing.limit = 500;
  if (!requeue) {
    every(listing);
    return;
  }
  listing.settled = true;
  for (const State state : {State::rejected, State::expired}) {
    listing.state = state;
    every(listing);
  }
}

}  // namespace

void App::submit(std::string_view message_json, Answer<Submitted> answer) {
  if (stopping_) {
    answer(fail(ErrorCode::unavailable, "reporterd is stopping; nothing was stored"));
    return;
  }
  const WallTime wall = clock_.now().wall;
  auto checked = check_.check(message_json, MessageDefaults{}, wall);
  if (!checked && checked.error().code == ErrorCode::invalid) {
    const auto id = butlers_->own_instance_id();
    const std::string not_known(64, '0');  // finds whether the message lacks anything else
    checked = check_.check(message_json, MessageDefaults{id.value_or(not_known)}, wall);
    if (checked && !id) {
      answer(std::unexpected(id.error()));
      return;
    }
  }
  if (!checked) {
    answer(std::unexpected(checked.error()));
    return;
  }
  MessageKey key = checked->key;
  engine_->append(
      NewMessage{std::move(checked->key), std::move(checked->body), "", ""},
      [key = std::move(key), answer = std::move(answer)](Result<Appended> appended) mutable {
        if (!appended) {
          answer(std::unexpected(appended.error()));
          return;
        }
        switch (*appended) {
          case Appended::queued:
            answer(Submitted{std::move(key), false});
            return;
          case Appended::duplicate:
            answer(Submitted{std::move(key), true});
            return;
          case Appended::conflict:
            answer(fail(ErrorCode::conflict,
                        "another message with this instance id and ts is there already; that one "
                        "stands"));
            return;
          case Appended::too_old:
            answer(fail(ErrorCode::too_old,
                        "ts is older than the deduplication window; it was not stored"));
            return;
          case Appended::storage_full:
            answer(fail(ErrorCode::storage_full,
                        "the outbox is full; nothing was stored; try again later"));
            return;
        }
      });
}

void App::report(std::optional<std::size_t> butler, Answer<std::vector<MadeReport>> answer) {
  if (consent_.decision != Decision::on) {
    answer(fail(ErrorCode::consent_off, "telemetry is off: " + consent_.why));
    return;
  }
  const std::size_t count = butlers_->all().size();
  if (count == 0) {
    answer(fail(ErrorCode::not_possible,
                "no Butler is configured; see `butlers` in the configuration"));
    return;
  }
  if (butler && (*butler < 1 || *butler > count)) {
    answer(fail(ErrorCode::not_found,
                fmt::format("there is no Butler {}; the last one is {}", *butler, count)));
    return;
  }
  struct Gather {
    std::vector<MadeReport> made;
    std::size_t left = 0;
    Answer<std::vector<MadeReport>> answer;
  };
  auto gather = std::make_shared<Gather>();
  gather->answer = std::move(answer);
  const std::size_t first = butler ? *butler - 1 : 0;
  const std::size_t last = butler ? *butler : count;
  gather->left = last - first;
  gather->made.resize(gather->left);
  for (std::size_t i = first; i < last; ++i) {
    MadeReport& made = gather->made[i - first];
    made.butler = name_of(i, *butlers_->all()[i]);
    butlers_->report(i, [gather, place = i - first](Result<MessageKey> key) {
      if (key) {
        gather->made[place].submitted = Submitted{std::move(*key), false};
      } else {
        gather->made[place].why_not = key.error().what;
      }
      if (--gather->left == 0) {
        gather->answer(std::move(gather->made));
      }
    });
  }
}

void App::preview(Answer<Preview> answer) {
  Preview preview;
  const WallTime wall = clock_.now().wall;
  const HostFacts facts = host_facts(read_host_inputs());
  for (std::size_t i = 0; i < butlers_->all().size(); ++i) {
    const Butler& butler = *butlers_->all()[i];
    preview.butlers.push_back(preview_of(name_of(i, butler), butler.config, butler.consent, facts,
                                         butler.id, next_ts(butler.last, wall)));
  }
  answer(std::move(preview));
}

void App::flush(const FlushRequest& request, Answer<FlushResult> answer) {
  engine_->flush(request.force, request.wait, request.timeout,
                 [answer = std::move(answer)](Result<FlushOutcome> outcome) mutable {
                   if (!outcome) {
                     answer(std::unexpected(outcome.error()));
                     return;
                   }
                   answer(FlushResult{outcome_of(outcome->kind), outcome->settled,
                                      outcome->still_queued, std::move(outcome->why)});
                 });
}

void App::pause(std::optional<Millis> length, Answer<Paused> answer) {
  transport_->cancel_probes();
  engine_->pause(length,
                 [answer = std::move(answer)](Result<std::optional<Instant>> until) mutable {
                   if (until) {
                     answer(Paused{*until});
                   } else {
                     answer(std::unexpected(until.error()));
                   }
                 });
}

void App::resume(Answer<void> answer) {
  engine_->resume(std::move(answer));
}

void App::list(const Listing& listing, Answer<std::vector<Row>> answer) {
  auto rows = std::make_shared<std::vector<Row>>();
  engine_->run([rows, listing](Outbox& outbox) { *rows = outbox.list(listing); },
               [rows, answer = std::move(answer)](Status status) mutable {
                 if (status) {
                   answer(std::move(*rows));
                 } else {
                   answer(std::unexpected(status.error()));
                 }
               });
}

void App::show(Seq seq, Answer<ShownMessage> answer) {
  auto shown = std::make_shared<std::optional<ShownMessage>>();
  engine_->run(
      [shown, seq](Outbox& outbox) {
        shown->reset();
        if (auto row = outbox.find(seq)) {
          *shown = ShownMessage{std::move(*row), outbox.body(seq)};
        }
      },
      [shown, seq, answer = std::move(answer)](Status status) mutable {
        if (!status) {
          answer(std::unexpected(status.error()));
        } else if (!*shown) {
          answer(fail(ErrorCode::not_found, fmt::format("there is no message {}", seq)));
        } else {
          answer(std::move(**shown));
        }
      });
}

void App::remove(Selection which, Answer<ChangeResult> answer) {
  change(std::move(which), false, std::move(answer));
}

void App::requeue(Selection which, Answer<ChangeResult> answer) {
  if (consent_.decision != Decision::on) {
    answer(fail(ErrorCode::consent_off, "telemetry is off: " + consent_.why));
    return;
  }
  change(std::move(which), true, std::move(answer));
}

void App::change(Selection which, bool requeue, Answer<ChangeResult> answer) {
  auto changed = std::make_shared<ChangeResult>();
  engine_->run(
      [changed, which = std::move(which), requeue, now = engine_->accept_time(),
       closed = engine_->closed_sources()](Outbox& outbox) {
        *changed = ChangeResult{};
        const auto one = [&](Seq seq) {
          const bool done = requeue ? outbox.requeue(seq, now) : outbox.remove(seq, now);
          if (done) {
            ++changed->changed;
          } else if (!which.all) {
            changed->refused.push_back(seq);
          }
        };
        if (which.all) {
          for_all(outbox, requeue, one);
        } else {
          std::ranges::for_each(which.seqs, one);
        }
        for (const std::string& source : closed) {
          outbox.hold_source(source);
        }
      },
      [changed, answer = std::move(answer)](Status status) mutable {
        if (status) {
          answer(std::move(*changed));
        } else {
          answer(std::unexpected(status.error()));
        }
      });
  if (!requeue) {
    engine_->recall();
  }
}

void App::id_show(Answer<IdReport> answer) {
  answer(id_report(config_.butlers, host_facts(read_host_inputs()), butlers_->ids(),
                   butlers_->host_id_in_use() ? no_id_yet : "none is in use"));
}

}  // namespace reporterd
