// reporterctl: shows and steers the service over its local socket.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ctl/commands.h"
#include "ctl/completion.h"
#include "ctl/duration.h"
#include "ctl/exit_codes.h"
#include "ctl/printable.h"
#include "ctl/terminal.h"
#include "daemon/arguments.h"
#include "version.h"

namespace reporterd::ctl {
namespace {

void add_option(CLI::App& app, const Option& option) {
  const std::string name(option.name);
  const std::string help(option.help);
  switch (option.kind) {
    case Option::Kind::flag:
      app.add_flag(name, help);
      break;
    case Option::Kind::value:
      app.add_option(name, help)->expected(1)->type_name(std::string(option.value));
      break;
    case Option::Kind::operand:
      app.add_option(name, help)->expected(1)->type_name("");
      break;
    case Option::Kind::required_operand:
      app.add_option(name, help)->expected(1)->type_name("")->required();
      break;
    case Option::Kind::operands:
      app.add_option(name, help)
          ->expected(1, CLI::detail::expected_max_vector_size)
          ->allow_extra_args()
          ->type_name("");
      break;
  }
}

// "queue list" becomes the subcommand list of the subcommand queue.
CLI::App* add_command(CLI::App& app, std::map<std::string, CLI::App*>& groups,
                      const Command& command) {
  CLI::App* parent = &app;
  std::string_view word = command.path;
  if (const std::size_t space = word.find(' '); space != std::string_view::npos) {
    const std::string group(word.substr(0, space));
    word.remove_prefix(space + 1);
    CLI::App*& known = groups[group];
    if (known == nullptr) {
      known = app.add_subcommand(group, std::string(group_help(group)));
      known->require_subcommand(1)->fallthrough();
    }
    parent = known;
  }
  CLI::App* const added = parent->add_subcommand(std::string(word), std::string(command.help));
  added->fallthrough();
  for (const Option& option : command.options) {
    add_option(*added, option);
  }
  return added;
}

Arguments arguments_of(const CLI::App& app, std::span<const Option> options) {
  Arguments arguments;
  for (const Option& option : options) {
    const CLI::Option* const given = app.get_option(std::string(option.name));
    if (given->count() > 0) {
      arguments.set(std::string(option.name), given->results());
    }
  }
  return arguments;
}

bool wants_colour() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the environment is only read, and there is one thread
  const char* const no_colour = std::getenv("NO_COLOR");
  return (no_colour == nullptr || *no_colour == '\0') && stdout_takes_colour();
}

int finish(const Outcome<Exit>& outcome) {
  Exit exit = outcome.value_or(Exit::failure);
  if (!outcome) {
    exit = outcome.error().exit;
    fmt::print(stderr, "reporterctl: {}{}\n", printable(outcome.error().text),
               exit == Exit::usage ? "; see reporterctl --help" : "");
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    fmt::print(stderr, "reporterctl: cannot write to standard output\n");
    exit = worse(exit, Exit::failure);
  }
  return static_cast<int>(exit);
}

// The parser misses a command before it looks at words that it does not know.
std::string what_is_wrong(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> unknown = app.remaining(/*recurse=*/true);
  return unknown.empty() ? error.what() : fmt::format("{} is not known here", unknown.front());
}

int run(std::vector<std::string> words) {
  CLI::App app("Shows and steers reporterd, the telemetry reporter beside Butler.", "reporterctl");
  app.set_version_flag("--version", fmt::format("reporterctl {}", version));
  for (const Option& option : common_options()) {
    add_option(app, option);
  }
  app.require_subcommand(1)->fallthrough();
  app.footer(exit_codes_help);
  std::map<std::string, CLI::App*> groups;
  std::vector<std::pair<const CLI::App*, const Command*>> added;
  for (const Command& command : commands()) {
    added.emplace_back(add_command(app, groups, command), &command);
  }
  try {
    std::ranges::reverse(words);  // as the parser wants them
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) {
      return finish(give_up(Exit::usage, what_is_wrong(app, error)));
    }
    app.exit(error);  // prints what --help or --version ask for
    return finish(Exit::ok);
  }
  const Arguments common = arguments_of(app, common_options());
  const auto patience = parse_duration(common.value("--patience").value_or("5"));
  if (!patience) {
    return finish(give_up(Exit::usage, "--patience must be a time above 0"));
  }
  const Settings settings{common.value("--socket"), *patience, common.has("--json"),
                          wants_colour()};
  for (const auto& [parsed, command] : added) {
    if (parsed->parsed()) {
      return finish(command->run(arguments_of(*parsed, command->options), settings));
    }
  }
  return finish(give_up(Exit::usage, "no command given"));
}

}  // namespace
}  // namespace reporterd::ctl

int main(int argc, char** argv) try {
  reporterd::ctl::prepare_streams();
  std::vector<std::string> words = reporterd::arguments_in_utf8(argc, argv);
  if (!words.empty() && words.front() == reporterd::ctl::complete_word) {
    words.erase(words.begin());
    return reporterd::ctl::print_candidates(words);
  }
  return reporterd::ctl::run(std::move(words));
} catch (const std::exception& error) {  // out of memory, and bugs
  std::fprintf(stderr, "reporterctl: %s\n", error.what());
  return static_cast<int>(reporterd::ctl::Exit::failure);
}
