#include "ctl/completion.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "ctl/commands.h"
#include "ctl/verbs.h"

namespace reporterd::ctl {
namespace {

// What each shell runs at its start.
struct Adaptor {
  std::string_view shell;
  std::string_view text;
};

constexpr std::array<Adaptor, 3> adaptors = {{
    {"bash", R"SHELL(# bash completion for reporterctl
_reporterctl() {
  local IFS=$'\n'
  COMPREPLY=($(reporterctl __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  if [[ ${COMPREPLY[0]-} == :files ]]; then
    COMPREPLY=()
    compopt -o default
  fi
}
complete -F _reporterctl reporterctl
)SHELL"},
    {"zsh", R"SHELL(#compdef reporterctl
_reporterctl() {
  local -a found
  found=("${(@f)$(reporterctl __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ $found[1] == :files ]]; then
    _files
  elif [[ -n $found[1] ]]; then
    compadd -- $found
  fi
}
if [[ $funcstack[1] == _reporterctl ]]; then
  _reporterctl
else
  compdef _reporterctl reporterctl
fi
)SHELL"},
    {"fish", R"SHELL(# fish completion for reporterctl
function __reporterctl_candidates
    set -l words (commandline -opc) (commandline -ct)
    set -l found (reporterctl __complete $words[2..-1] 2>/dev/null)
    if test "$found[1]" = :files
        __fish_complete_path (commandline -ct)
    else
        printf '%s\n' $found
    end
end
complete -c reporterctl -f -a '(__reporterctl_candidates)'
)SHELL"},
}};

// The command line up to the word that is completed.
struct Place {
  std::string path;                  // of the command, as far as it is known
  const Command* command = nullptr;  // once it is complete
  const Option* value_of = nullptr;  // the option whose value the word is
  std::size_t operands = 0;          // before the word
};

const Command* command_at(std::string_view path) {
  const auto all = commands();
  const auto found = std::ranges::find(all, path, &Command::path);
  return found == all.end() ? nullptr : &*found;
}

// What may stand with the command, or before there is one.
std::array<std::span<const Option>, 2> options_with(const Command* command) {
  return {common_options(), command == nullptr ? std::span<const Option>() : command->options};
}

const Option* option_named(const Command* command, std::string_view name) {
  for (const auto options : options_with(command)) {
    const auto found = std::ranges::find(options, name, &Option::name);
    if (found != options.end()) {
      return &*found;
    }
  }
  return nullptr;
}

Place place_after(std::span<const std::string> words) {
  Place place;
  for (const std::string& word : words) {
    if (place.value_of != nullptr) {
      place.value_of = nullptr;
    } else if (word.starts_with("--")) {
      const Option* const option = option_named(place.command, word);
      place.value_of = option != nullptr && option->kind == Option::Kind::value ? option : nullptr;
    } else if (place.command != nullptr) {
      ++place.operands;
    } else {
      place.path += (place.path.empty() ? "" : " ") + word;
      place.command = command_at(place.path);
    }
  }
  return place;
}

// Of a value or an operand.
std::vector<std::string> values_of(const Option& option, std::string_view name) {
  if (name == "FILE" || name == "DIR") {
    return {files_word};
  }
  std::vector<std::string> values;
  for (std::string_view rest = option.choices; !rest.empty();) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    values.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return values;
}

std::vector<std::string> options_of(const Command* command) {
  std::vector<std::string> names = {"--help"};
  for (const auto options : options_with(command)) {
    for (const Option& option : options) {
      if (option.name.starts_with("--")) {
        names.emplace_back(option.name);
      }
    }
  }
  if (command == nullptr) {
    names.emplace_back("--version");
  }
  return names;
}

// The next words of the paths that begin with `path`.
std::vector<std::string> words_below(const std::string& path) {
  const std::string beginning = path.empty() ? "" : path + " ";
  std::vector<std::string> words;
  for (const Command& command : commands()) {
    if (command.path.starts_with(beginning)) {
      const std::string_view rest = command.path.substr(beginning.size());
      const std::string word(rest.substr(0, rest.find(' ')));
      if (std::ranges::find(words, word) == words.end()) {
        words.push_back(word);
      }
    }
  }
  return words;
}

std::vector<std::string> operands_of(const Place& place) {
  for (const Option& option : place.command->options) {
    const bool takes_it = option.kind == Option::Kind::operands ||
                          (place.operands == 0 && (option.kind == Option::Kind::operand ||
                                                   option.kind == Option::Kind::required_operand));
    if (takes_it) {
      return values_of(option, option.name);
    }
  }
  return {};
}

std::vector<std::string> all_at(const Place& place, std::string_view begun) {
  if (place.value_of != nullptr) {
    return values_of(*place.value_of, place.value_of->value);
  }
  if (begun.starts_with('-')) {
    return options_of(place.command);
  }
  return place.command == nullptr ? words_below(place.path) : operands_of(place);
}

}  // namespace

std::vector<std::string> candidates(std::span<const std::string> words) {
  const std::string begun = words.empty() ? "" : words.back();
  const Place place = place_after(words.first(words.empty() ? 0 : words.size() - 1));
  std::vector<std::string> found = all_at(place, begun);
  std::erase_if(found, [&](const std::string& each) {
    return each != files_word && !each.starts_with(begun);
  });
  return found;
}

int print_candidates(const std::vector<std::string>& words) {
  for (const std::string& each : candidates(words)) {
    fmt::print("{}\n", each);
  }
  return 0;
}

Outcome<Exit> completion(const Arguments& arguments, const Settings&) {
  const std::string shell = arguments.value("SHELL").value_or("");
  const auto* const found = std::ranges::find(adaptors, shell, &Adaptor::shell);
  if (found == adaptors.end()) {
    return give_up(Exit::usage, "completions are there for bash, zsh and fish, not for " + shell);
  }
  fmt::print("{}", found->text);
  return Exit::ok;
}

}  // namespace reporterd::ctl
