#include "ctl/verbs.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <memory>
#include <string_view>
#include <utility>

#include "ctl/duration.h"
#include "ctl/hints.h"
#include "ctl/offline.h"
#include "ctl/printable.h"
#include "ctl/render.h"
#include "daemon/control/methods.h"
#include "daemon/places.h"

namespace reporterd::ctl {
namespace {

// What to do where the installed service cannot be reached; elsewhere it would be a guess.
std::string hint(Exit exit) {
  return exit == Exit::not_running  ? fmt::format("; start the service: {}", how_to_start())
         : exit == Exit::permission ? fmt::format("; {}", who_may_ask())
                                    : "";
}

Outcome<Client> connect(const std::string& socket_file, Millis patience) {
  auto client = Client::connect(socket_file, patience);
  if (!client && (socket_file == control_socket(default_socket_dir()) ||
                  socket_file == submit_socket(default_socket_dir()))) {
    client.error().text += hint(client.error().exit);
  }
  return client;
}

// Asks the service, or looks without it when --config is given.
Outcome<Json> look(const Arguments& arguments, const Settings& settings, std::string_view method,
                   Result<Json> (*offline)(const std::string&, const std::string&)) {
  const auto config = arguments.value("--config");
  const auto state_dir = arguments.value("--state-dir");
  if (config) {
    return from_offline(offline(*config, state_dir.value_or(default_state_dir())));
  }
  return state_dir ? give_up(Exit::usage, "--state-dir needs --config") : ask(settings, method);
}

// Shows an answer that needs nothing but to be shown.
Outcome<Exit> show(const Settings& settings, const Outcome<Json>& answer,
                   std::string (*render)(const Json&)) {
  if (!answer) {
    return std::unexpected(answer.error());
  }
  print_answer(settings, *answer, render(*answer));
  return Exit::ok;
}

Outcome<std::int64_t> whole_number(std::string_view what, std::string_view text) {
  std::int64_t number = 0;
  const char* const end = std::to_address(text.end());
  const auto [rest, error] = std::from_chars(std::to_address(text.begin()), end, number);
  if (error != std::errc() || rest != end || number < 0) {
    return give_up(Exit::usage, fmt::format("{} must be a whole number, not {}", what, text));
  }
  return number;
}

// Copies options with whole numbers into parameters of the same name, without the dashes.
Outcome<void> take_numbers(const Arguments& arguments,
                           std::initializer_list<std::string_view> names, Json& params) {
  for (const std::string_view name : names) {
    if (const auto text = arguments.value(name)) {
      const auto number = whole_number(name, *text);
      if (!number) {
        return std::unexpected(number.error());
      }
      params[std::string(name.substr(name.find_first_not_of('-')))] = *number;
    }
  }
  return {};
}

Outcome<Exit> list(const Arguments& arguments, const Settings& settings, const char* method,
                   std::string_view from) {
  Json params = Json::object();
  if (const auto taken = take_numbers(arguments, {"--limit", from}, params); !taken) {
    return std::unexpected(taken.error());
  }
  if (const auto state = arguments.value("--state")) {
    params["state"] = *state;
  }
  return show(settings, ask(settings, method, params), render_messages);
}

Outcome<Exit> show_message(const Arguments& arguments, const Settings& settings,
                           const char* method) {
  const auto seq = whole_number("SEQ", arguments.value("SEQ").value_or(""));
  if (!seq) {
    return std::unexpected(seq.error());
  }
  return show(settings, ask(settings, method, {{"seq", *seq}}), render_message);
}

Outcome<Exit> change(const Arguments& arguments, const Settings& settings, const char* method,
                     std::string_view done) {
  Json params = Json::object();
  const std::vector<std::string> seqs = arguments.values("SEQ");
  if (arguments.has("--all") != seqs.empty()) {
    return give_up(Exit::usage, "either SEQ or --all is needed");
  }
  if (seqs.empty()) {
    params["all"] = true;
  }
  for (const std::string& text : seqs) {
    const auto seq = whole_number("SEQ", text);
    if (!seq) {
      return std::unexpected(seq.error());
    }
    params["seqs"].push_back(*seq);
  }
  const auto answer = ask(settings, method, params);
  if (!answer) {
    return std::unexpected(answer.error());
  }
  print_answer(settings, *answer, fmt::format("{} {}.\n", number_in(*answer, "changed"), done));
  const Json& refused = member_in(*answer, "refused");
  for (const Json& seq : refused) {
    fmt::print(stderr, "reporterctl: message {} is not there, or its state does not allow it\n",
               printable(seq.dump()));
  }
  return refused.empty() ? Exit::ok : Exit::failure;
}

}  // namespace

Outcome<Client> open_service(const Settings& settings, bool submit_will_do) {
  if (settings.socket) {
    return connect(*settings.socket, settings.patience);
  }
  auto client = connect(control_socket(default_socket_dir()), settings.patience);
  if (client || !submit_will_do || client.error().exit != Exit::permission) {
    return client;
  }
  return connect(submit_socket(default_socket_dir()), settings.patience);
}

Outcome<Json> ask(const Settings& settings, std::string_view method, const Json& params,
                  Millis longer) {
  auto client = open_service(settings, /*submit_will_do=*/method == "status");
  if (!client) {
    return std::unexpected(client.error());
  }
  return call(*client, method, params, settings.patience + longer);
}

void print_answer(const Settings& settings, const Json& answer, const std::string& text) {
  if (settings.json) {
    fmt::print("{}\n", printable_lines(answer.dump(2)));
  } else {
    fmt::print("{}", text);
  }
}

Outcome<Exit> status(const Arguments& /*arguments*/, const Settings& settings) {
  const auto answer = ask(settings, "status");
  if (!answer) {
    return std::unexpected(answer.error());
  }
  print_answer(settings, *answer, render_status(*answer, settings.colour));
  const bool damaged = !text_in(member_in(*answer, "storage"), "setAside").empty();
  const Json& balances = member_in(member_in(*answer, "ledger"), "balances");
  return damaged || balances == false ? Exit::integrity : Exit::ok;
}

Outcome<Exit> flush(const Arguments& arguments, const Settings& settings) {
  Json params = Json::object();
  Millis longer(0);
  if (arguments.has("--force")) {
    params["force"] = true;
  }
  if (arguments.has("--wait")) {
    const auto timeout =
        parse_duration(arguments.value("--timeout").value_or("60"), longest_flush_wait);
    if (!timeout) {
      return give_up(Exit::usage,
                     "--timeout must be a time above 0 and up to 1d, such as 30 or 5m");
    }
    params["wait"] = true;
    params["timeoutMs"] = timeout->count();
    longer = *timeout;
  } else if (arguments.has("--timeout")) {
    return give_up(Exit::usage, "--timeout goes with --wait only");
  }
  const auto answer = ask(settings, "flush", params, longer);
  if (!answer) {
    return std::unexpected(answer.error());
  }
  print_answer(settings, *answer, render_flush(*answer));
  const std::string outcome = text_in(*answer, "outcome");
  return outcome == "unreachable" ? Exit::unreachable
         : outcome == "timed out" ? Exit::incomplete
                                  : Exit::ok;
}

Outcome<Exit> report(const Arguments& arguments, const Settings& settings) {
  Json params = Json::object();
  if (const auto butler = arguments.value("BUTLER")) {
    const auto number = whole_number("BUTLER", *butler);
    if (!number) {
      return std::unexpected(number.error());
    }
    params["butler"] = *number;
  }
  const auto answer = ask(settings, "report", params);
  if (!answer) {
    return std::unexpected(answer.error());
  }
  print_answer(settings, *answer, render_reports(*answer));
  for (const Json& made : member_in(*answer, "reports")) {
    if (!text_in(made, "whyNot").empty()) {
      return Exit::failure;
    }
  }
  return Exit::ok;
}

Outcome<Exit> preview(const Arguments& arguments, const Settings& settings) {
  return show(settings, look(arguments, settings, "preview", offline_preview), render_preview);
}

Outcome<Exit> queue_list(const Arguments& arguments, const Settings& settings) {
  return list(arguments, settings, "queue.list", "--after");
}

Outcome<Exit> queue_show(const Arguments& arguments, const Settings& settings) {
  return show_message(arguments, settings, "queue.show");
}

Outcome<Exit> queue_delete(const Arguments& arguments, const Settings& settings) {
  return change(arguments, settings, "queue.delete", "deleted");
}

Outcome<Exit> queue_requeue(const Arguments& arguments, const Settings& settings) {
  return change(arguments, settings, "queue.requeue", "queued again");
}

Outcome<Exit> history_list(const Arguments& arguments, const Settings& settings) {
  return list(arguments, settings, "history.list", "--before");
}

Outcome<Exit> history_show(const Arguments& arguments, const Settings& settings) {
  return show_message(arguments, settings, "history.show");
}

Outcome<Exit> pause(const Arguments& arguments, const Settings& settings) {
  Json params = Json::object();
  if (const auto text = arguments.value("DURATION")) {
    const auto length = parse_duration(*text, longest_pause);
    if (!length) {
      return give_up(Exit::usage,
                     "DURATION must be a time above 0 and up to 3650d, such as 30s or 12h");
    }
    params["forMs"] = length->count();
  }
  return show(settings, ask(settings, "pause", params), render_paused);
}

Outcome<Exit> resume(const Arguments& /*arguments*/, const Settings& settings) {
  return show(settings, ask(settings, "resume"),
              [](const Json&) { return std::string("Resumed.\n"); });
}

Outcome<Exit> consent_show(const Arguments& /*arguments*/, const Settings& settings) {
  return show(settings, ask(settings, "consent.show"), render_consent);
}

Outcome<Exit> id_show(const Arguments& arguments, const Settings& settings) {
  return show(settings, look(arguments, settings, "id.show", offline_id), render_ids);
}

Outcome<Exit> config_check(const Arguments& arguments, const Settings& settings) {
  const auto file = arguments.value("FILE");
  return show(settings,
              file ? from_offline(offline_config_check(*file)) : ask(settings, "config.check"),
              render_config_checked);
}

Outcome<Exit> config_show(const Arguments& /*arguments*/, const Settings& settings) {
  return show(settings, ask(settings, "config.show"),
              [](const Json& shown) { return printable_lines(text_in(shown, "yaml")); });
}

Outcome<Exit> config_reload(const Arguments& /*arguments*/, const Settings& settings) {
  return show(settings, ask(settings, "config.reload"), render_config_reloaded);
}

}  // namespace reporterd::ctl
