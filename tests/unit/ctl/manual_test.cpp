// docs/man is held against the tables: every command, option, exit status, key, method and error
// code stands there, and no others do.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "ctl/commands.h"
#include "ctl/exit_codes.h"
#include "daemon/config_keys.h"
#include "daemon/control/methods.h"
#include "daemon/control/rpc.h"

namespace reporterd::ctl {
namespace {

using Words = std::vector<std::string>;
using Names = std::set<std::string>;

// An .It line of a list, and what stands below it up to the next one.
struct Item {
  std::string section;     // its .Sh
  std::string subsection;  // its .Ss, "" for none
  Words words;             // macros and their arguments: {"Fl", "-timeout", "Ar", "seconds"}
  std::string text;
};

Words words_in(const std::string& line) {
  std::istringstream stream(line);
  return {std::istream_iterator<std::string>(stream), {}};
}

std::vector<Item> items_of(const std::string& page) {
  std::ifstream file(SOURCE_DIR "/docs/man/" + page);
  EXPECT_TRUE(file) << page;
  std::vector<Item> items;
  std::string section;
  std::string subsection;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(".Sh ")) {
      section = line.substr(4);
      subsection.clear();
    } else if (line.starts_with(".Ss ")) {
      subsection = line.substr(4);
    } else if (line.starts_with(".It ")) {
      items.push_back({section, subsection, words_in(line.substr(4)), ""});
    } else if (!items.empty()) {
      items.back().text += line + "\n";
    }
  }
  return items;
}

std::vector<Item> items_of(const std::string& page, const std::string& section) {
  std::vector<Item> items = items_of(page);
  std::erase_if(items, [&section](const Item& item) { return item.section != section; });
  EXPECT_FALSE(items.empty()) << section << " of " << page;
  return items;
}

std::string in_capitals(std::string name) {
  for (char& c : name) {
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

// The command that {"Cm", "queue", "show", "Ar", "seq"} begins with. Macros have capitals.
std::string path_in(const Words& words) {
  std::string path;
  for (std::size_t i = 1; i < words.size() && words[i].front() >= 'a'; ++i) {
    path += (path.empty() ? "" : " ") + words[i];
  }
  return path;
}

// What an .It line takes: "--wait", "--timeout VALUE", "FILE", "[FILE]", "SEQ ...".
Names names_in(const Words& words) {
  const auto is = [&words](std::size_t at, const char* word) {
    return at < words.size() && words[at] == word;
  };
  Names names;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& name = words[i + 1];
    if (words[i] == "Fl") {
      names.insert("-" + name + (is(i + 2, "Ar") ? " VALUE" : ""));
    } else if (words[i] == "Ar" && (i < 2 || !is(i - 2, "Fl"))) {
      const bool may_be_left_out = i > 0 && is(i - 1, "Op");
      names.insert(may_be_left_out ? "[" + in_capitals(name) + "]"
                                   : in_capitals(name) + (is(i + 2, "...") ? " ..." : ""));
    }
  }
  return names;
}

// The same of the table.
std::string name_of(const Option& option) {
  const std::string name(option.name);
  switch (option.kind) {
    case Option::Kind::flag:
    case Option::Kind::required_operand:
      return name;
    case Option::Kind::value:
      return name + " VALUE";
    case Option::Kind::operand:
      return "[" + name + "]";
    case Option::Kind::operands:
      return name + " ...";
  }
  return name;
}

struct DescribedCommand {
  Names takes;      // in the line that names it
  Names explained;  // options, each in a line of its own
};

std::map<std::string, DescribedCommand> described_commands() {
  std::map<std::string, DescribedCommand> described;
  DescribedCommand* current = nullptr;
  for (const Item& item : items_of("reporterctl.1", "COMMANDS")) {
    if (item.words.front() == "Cm") {
      current = &described[path_in(item.words)];
      current->takes = names_in(item.words);
    } else if (current != nullptr) {
      current->explained.merge(names_in(item.words));
    }
  }
  return described;
}

TEST(Manual, DescribesEveryCommandAndOption) {
  const auto described = described_commands();
  for (const Command& command : commands()) {
    const auto found = described.find(std::string(command.path));
    if (found == described.end()) {
      ADD_FAILURE() << command.path << " is not described";
      continue;
    }
    Names takes;
    Names options;
    for (const Option& option : command.options) {
      takes.insert(name_of(option));
      if (option.name.starts_with('-')) {
        options.insert(name_of(option));
      }
    }
    EXPECT_EQ(found->second.takes, takes) << command.path;
    EXPECT_EQ(found->second.explained, options) << command.path;
  }
}

TEST(Manual, DescribesTheOptionsOfEveryCommand) {
  Names described;
  for (const Item& item : items_of("reporterctl.1", "OPTIONS")) {
    described.merge(names_in(item.words));
  }
  Names known = {"-h", "--help", "--version"};
  for (const Option& option : common_options()) {
    known.insert(name_of(option));
  }
  EXPECT_EQ(described, known);
}

TEST(Manual, DescribesNoCommandThatIsNotThere) {
  for (const auto& [path, described] : described_commands()) {
    EXPECT_EQ(std::ranges::count(commands(), path, &Command::path), 1) << path;
  }
}

TEST(Manual, NamesEveryExitStatusAndNoOther) {
  Words described;
  for (const Item& item : items_of("reporterctl.1", "EXIT STATUS")) {
    described.push_back(item.words.front());
  }
  Words known;
  std::istringstream help(exit_codes_help);
  for (std::string line; std::getline(help, line);) {
    if (line.starts_with("  ")) {
      known.push_back(words_in(line).front());
    }
  }
  EXPECT_EQ(described, known);
}

// "section.name" and what stands below it.
std::map<std::string, std::string> described_keys() {
  std::map<std::string, std::string> keys;
  for (const Item& item : items_of("reporterd.yaml.5", "KEYS")) {
    EXPECT_EQ(item.words.size(), 2U) << item.words.front();
    keys[item.subsection + "." + item.words.back()] = item.text;
  }
  return keys;
}

// "1 to 100", where the table has such a range.
void expect_range(const std::string& allowed, const std::string& text) {
  static const std::regex range(R"(\w+ to \w+)");
  std::smatch found;
  if (std::regex_search(allowed, found, range)) {
    EXPECT_NE(text.find(found.str()), std::string::npos) << found.str() << " is not in\n" << text;
  }
}

// "default 12h." means what the table has; "needed." that nothing will not do.
template <class Owner>
void expect_default(const Key<Owner>& key, const std::string& text) {
  static const std::regex given(R"(default (\S+)\.\n)");
  Owner owner;
  std::smatch found;
  if (!std::regex_search(text, found, given)) {
    EXPECT_NE(text.find("needed.\n"), std::string::npos) << text;
    EXPECT_TRUE(key.read(GivenValue{"", false, ""}, owner)) << "it may be empty";
    return;
  }
  const std::string value = found.str(1) == "empty" ? std::string() : found.str(1);
  const auto problem = key.read(GivenValue{value, false, ""}, owner);
  EXPECT_FALSE(problem) << problem.value_or("");
  EXPECT_EQ(key.write(owner), key.write(Owner()));
}

// Takes what it finds out of `described`.
template <class Owner>
void expect_described(const std::vector<Key<Owner>>& keys,
                      std::map<std::string, std::string>& described) {
  for (const Key<Owner>& key : keys) {
    const std::string name = key.section + "." + key.name;
    SCOPED_TRACE(name);
    const auto found = described.find(name);
    if (found == described.end()) {
      ADD_FAILURE() << "is not described";
      continue;
    }
    expect_range(key.allowed, found->second);
    expect_default(key, found->second);
    described.erase(found);
  }
}

TEST(Manual, DescribesEveryKeyWithItsRangeAndItsDefaultAndNoOther) {
  auto described = described_keys();
  expect_described(config_keys(), described);
  expect_described(butler_keys(), described);
  for (const auto& [name, text] : described) {
    ADD_FAILURE() << name << " is described and not known";
  }
}

TEST(Manual, DescribesEveryMethodAndNoOther) {
  Names described;
  for (const Item& item : items_of("reporterd-protocol.7", "METHODS")) {
    described.insert(item.words.back());
  }
  Names known;
  for (const Method& method : methods()) {
    known.insert(std::string(method.name));
  }
  EXPECT_EQ(described, known);
}

TEST(Manual, NamesEveryErrorCodeWithItsExitStatusAndNoOther) {
  std::set<int> described;
  for (const Item& item : items_of("reporterd-protocol.7", "ERROR CODES")) {
    ASSERT_GE(item.words.size(), 5U) << item.words.front();  // {"-32005", "Ta", "75", "Ta", ...}
    const int code = std::stoi(item.words[0]);
    described.insert(code);
    EXPECT_EQ(item.words[2], std::to_string(static_cast<int>(exit_for_rpc(code)))) << code;
  }
  std::set<int> known = {rpc::parse_error,    rpc::invalid_request, rpc::method_not_found,
                         rpc::invalid_params, rpc::internal_error,  rpc::permission};
  for (int i = 0; i <= static_cast<int>(ErrorCode::unavailable); ++i) {
    known.insert(rpc::code_of(static_cast<ErrorCode>(i)));
  }
  EXPECT_EQ(described, known);
}

}  // namespace
}  // namespace reporterd::ctl
