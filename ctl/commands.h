#pragma once
// The command table: everything reporterctl can do, once. The parser, --help, shell completions and
// man pages are all made from it.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/exit_codes.h"
#include "daemon/core/time.h"

namespace reporterd::ctl {

// What the command line said, after the options that every command has.
class Arguments {
 public:
  bool has(std::string_view name) const { return values_.contains(name); }
  std::optional<std::string> value(std::string_view name) const;  // the last one given
  std::vector<std::string> values(std::string_view name) const;
  void set(std::string name, std::vector<std::string> values);

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

// The options that every command has, and where it prints to.
struct Settings {
  std::optional<std::string> socket;  // absent: the installed ones
  Millis patience = std::chrono::seconds(5);
  bool json = false;
  bool colour = false;
};

struct Option {
  enum class Kind { flag, value, operand, required_operand, operands };
  std::string_view name;  // "--wait"; operands are named in capitals: "FILE"
  Kind kind;
  std::string_view value;  // what stands for the value in --help: "S"
  std::string_view help;
  std::string_view choices = {};  // the values that a shell proposes, separated by blanks
};

struct Command {
  std::string_view path;  // "status", "queue list"
  std::string_view help;
  std::span<const Option> options;
  // Prints to stdout; a Failure is printed to stderr by the caller.
  Outcome<Exit> (*run)(const Arguments& arguments, const Settings& settings);
};

std::span<const Command> commands();
// What may stand with every command; --help and --version come on top.
std::span<const Option> common_options();

// What the first word of a two-word command is about; "" when there is no such word.
std::string_view group_help(std::string_view group);

}  // namespace reporterd::ctl
