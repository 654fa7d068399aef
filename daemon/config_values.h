#pragma once
// The kinds of values that stand in reporterd.yaml. Each kind reads, writes and describes itself,
// so that parsing, `config show` and error texts cannot disagree.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/core/time.h"

namespace reporterd {

// A value as it stands in the file.
struct GivenValue {
  std::string text;
  bool quoted = false;
  std::string folder;  // of the configuration file; relative file names start there
};

// A value, or what is wrong with the given one ("\"ten\" is not a duration").
template <class T>
using Reading = std::expected<T, std::string>;

// true or false
struct SwitchKind {
  Reading<bool> read(const GivenValue& given) const;
  std::string write(bool value) const;
  std::string allowed() const;
};

// A whole number, not in quotes.
struct CountKind {
  std::uint64_t least = 0;
  std::uint64_t most = 0;
  Reading<std::uint64_t> read(const GivenValue& given) const;
  std::string write(std::uint64_t value) const;
  std::string allowed() const;
};

// Bytes: 512, 64KiB, 16MiB, 2GiB.
struct SizeKind {
  std::uint64_t least = 0;
  std::uint64_t most = 0;
  Reading<std::uint64_t> read(const GivenValue& given) const;
  std::string write(std::uint64_t value) const;
  std::string allowed() const;
};

// 250ms, 30s, 15m, 12h, 90d.
struct DurationKind {
  Millis least = Millis(0);
  Millis most = Millis(0);
  Reading<Millis> read(const GivenValue& given) const;
  std::string write(Millis value) const;
  std::string allowed() const;
};

// Text on one line that passes `problem` (which says what is wrong, never the text itself: it may
// be a secret).
struct TextKind {
  std::string description;
  std::optional<std::string> (*problem)(std::string_view text) = nullptr;
  Reading<std::string> read(const GivenValue& given) const;
  std::string write(const std::string& value) const;
  std::string allowed() const { return description; }
};

// The name of a file; "" for none, unless it is needed.
struct FileNameKind {
  const char* needed = nullptr;  // the file that must be named, for people
  Reading<std::string> read(const GivenValue& given) const;
  std::string write(const std::string& value) const;
  std::string allowed() const;
};

// As much of a UTF-8 text as fits into `most` bytes, in whole characters.
std::string_view beginning(std::string_view text, std::size_t most);

// The text in double quotes, as YAML reads it back.
std::string in_quotes(std::string_view text);

// "a, b or c"
std::string one_of(const std::vector<std::string>& names);

// One of a few named values.
template <class T>
struct ChoiceKind {
  std::vector<std::pair<std::string, T>> choices;

  Reading<T> read(const GivenValue& given) const {
    for (const auto& [name, value] : choices) {
      if (name == given.text) {
        return value;
      }
    }
    return std::unexpected(in_quotes(given.text) + " is not one of the choices");
  }
  std::string write(const T& value) const {
    for (const auto& [name, candidate] : choices) {
      if (candidate == value) {
        return in_quotes(name);
      }
    }
    return in_quotes("");
  }
  std::string allowed() const {
    std::vector<std::string> names;
    names.reserve(choices.size());
    for (const auto& choice : choices) {
      names.push_back(choice.first);
    }
    return one_of(names);
  }
};

// What is wrong with such a text; nothing when it is fine. "" is fine for both URLs.
std::optional<std::string> destination_url_problem(std::string_view text);
std::optional<std::string> proxy_url_problem(std::string_view text);
std::optional<std::string> version_problem(std::string_view text);
std::optional<std::string> no_problem(std::string_view text);

}  // namespace reporterd
