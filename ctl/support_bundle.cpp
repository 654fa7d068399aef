// The verb support-bundle: one text file that tells a helper how the service is, and nothing that a
// person would not give away knowingly.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <optional>
#include <utility>

#include "ctl/hints.h"
#include "ctl/new_file.h"
#include "ctl/offline.h"
#include "ctl/printable.h"
#include "ctl/render.h"
#include "ctl/verbs.h"
#include "daemon/places.h"
#include "version.h"

namespace reporterd::ctl {
namespace {

constexpr const char* head =
    R"(This file is for whoever helps you with reporterd. Read it before you give it away.

It holds: versions, the service's status with its counters, what `reporterctl doctor` finds, the
configuration, and the flight record: what the sending part of the service was told lately and when,
each message by its number, size and attempts only (docs/privacy.md).
It names: the endpoint's address, the proxy and the hosts it is not for, folders, files and the
Butlers that the configuration names.
It does not hold: messages or parts of them, instance ids, keys, passwords or anything else out of
the files that the configuration names, the query of the endpoint's URL, or log lines, which may
quote what others said: add what you want of `{}` by hand.
)";

// The warnings of a status but for those that quote names out of a Butler's file.
Json without_names(const Json& status) {
  Json kept = Json::array();
  int left_out = 0;
  for (const Json& each : member_in(status, "warnings")) {
    const auto quotes = [text = each.get<std::string>()](const Json& butler) {
      return text.starts_with(text_in(butler, "file") + ": ");
    };
    if (std::ranges::any_of(member_in(member_in(status, "consent"), "butlers"), quotes)) {
      ++left_out;
    } else {
      kept.push_back(each);
    }
  }
  if (left_out > 0) {
    kept.push_back(fmt::format("{} left out here: `reporterctl status` has the names", left_out));
  }
  return kept;
}

// Asks the running service, or looks where it would look.
class Source {
 public:
  Source(const Arguments& arguments, const Settings& settings)
      : settings_(settings),
        config_file_(arguments.value("--config").value_or(default_config_file())),
        state_dir_(arguments.value("--state-dir").value_or(default_state_dir())) {
    if (arguments.has("--config") || arguments.has("--state-dir")) {
      return;
    }
    auto client = open_service(settings_, /*submit_will_do=*/false);
    status_ = client ? call(*client, "status", {}, settings_.patience)
                     : Outcome<Json>(std::unexpected(client.error()));
    is_up_ = status_.has_value();
    why_down_ = is_up_ ? "" : status_.error().text;
  }

  // Not ours to ask, so not ours to look at either.
  bool is_forbidden() const { return !is_up_ && status_.error().exit == Exit::permission; }
  const std::string& why_down() const { return why_down_; }

  Outcome<std::string> versions() {
    std::string text = fmt::format("reporterctl {}\n", version);
    if (is_up_) {
      text += fmt::format("reporterd {}\n", text_in(*status_, "version"));
    }
    if (const auto& flight = flight_answer(); flight) {
      for (const Json& library : member_in(*flight, "libraries")) {
        text += library.get<std::string>() + "\n";
      }
    }
    return text + offline_system() + "\n";
  }

  Outcome<std::string> status() const {
    if (!is_up_) {
      return give_up(Exit::not_running, why_down_.empty() ? "not asked, as you wished" : why_down_);
    }
    Json shown = *status_;
    shown.erase("instanceIds");
    shown["warnings"] = without_names(shown);
    return shown.dump(2) + "\n";
  }

  Outcome<std::string> findings() const {
    const Outcome<Json> answer =
        is_up_
            ? ask(settings_, "doctor", {}, doctors_patience)
            : from_offline(offline_doctor(config_file_, state_dir_, why_down_, /*repair=*/false));
    if (!answer) {
      return std::unexpected(answer.error());
    }
    return render_findings(*answer);
  }

  Outcome<std::string> configuration() const {
    const Outcome<Json> answer =
        is_up_ ? ask(settings_, "config.show") : from_offline(offline_config(config_file_));
    if (!answer) {
      return std::unexpected(answer.error());
    }
    return fmt::format("# {}\n{}", text_in(*answer, "file"), text_in(*answer, "yaml"));
  }

  Outcome<std::string> flight() {
    if (is_up_) {
      const auto& answer = flight_answer();
      return answer ? Outcome<std::string>(text_in(*answer, "text"))
                    : std::unexpected(answer.error());
    }
    return from_offline(offline_flight(state_dir_));
  }

 private:
  const Outcome<Json>& flight_answer() {
    if (is_up_ && !flight_) {
      flight_ = ask(settings_, "flight");
    }
    static const Outcome<Json> none = give_up(Exit::not_running, "");
    return flight_ ? *flight_ : none;
  }

  const Settings& settings_;
  std::string config_file_;
  std::string state_dir_;
  Outcome<Json> status_ = give_up(Exit::not_running, "");
  bool is_up_ = false;
  std::string why_down_;
  std::optional<Outcome<Json>> flight_;
};

std::string section(std::string_view name, const Outcome<std::string>& text) {
  return fmt::format(
      "\n== {}\n{}", name,
      text ? printable_lines(*text) : fmt::format("# none: {}\n", printable(text.error().text)));
}

std::string bundle_text(Source& source) {
  std::string text = fmt::format("reporterd support bundle, made {}\n\n", offline_now());
  text += fmt::format(head, how_to_see_the_log());
  text += section("versions", source.versions());
  text += section("status", source.status());
  text += section("doctor", source.findings());
  text += section("configuration", source.configuration());
  text += section("flight record", source.flight());  // last: it goes on to the end of the file
  return text;
}

}  // namespace

Outcome<Exit> support_bundle(const Arguments& arguments, const Settings& settings) {
  if (settings.json) {
    return give_up(Exit::usage, "a support bundle is text for people; leave --json out");
  }
  const std::string file = arguments.value("FILE").value_or("");
  Source source(arguments, settings);
  if (source.is_forbidden()) {
    return give_up(Exit::permission, source.why_down());
  }
  const std::string text = bundle_text(source);
  if (file == "-") {
    fmt::print("{}", text);
    return Exit::ok;
  }
  if (const Status written = write_new_file(file, text); !written) {
    return give_up(exit_for(written.error().code), written.error().what);
  }
  fmt::print("{}: {} KiB of text; read it before you give it away.\n", printable(file),
             (text.size() + 1023) / 1024);
  return Exit::ok;
}

}  // namespace reporterd::ctl
