#pragma once
// The three that go over the fields of a flight record: one writes them as text, one reads that
// text, one sums them up. Internal to flight_line.cpp.

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include "daemon/core/flight_fields.h"

namespace reporterd {

inline std::string_view token_of(Verdict::Kind kind) {
  constexpr std::array<std::string_view, 10> names = {
      "delivered",   "duplicate",  "rejected",    "tooLarge",      "retry",
      "unreachable", "retryAfter", "authProblem", "configProblem", "cancelled"};
  static_assert(names.size() == static_cast<std::size_t>(Verdict::Kind::cancelled) + 1);
  const auto place = static_cast<std::size_t>(kind);
  return place < names.size() ? names[place] : "?";
}

template <class E>
std::string_view token_of(E value) {
  return name_of(value);
}

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_pair = false;
template <class A, class B>
inline constexpr bool is_pair<std::pair<A, B>> = true;
template <class T>
concept List = std::ranges::range<T>;
template <class T>
concept Point = requires(T time) { time.time_since_epoch(); };
template <class T>
concept Span = requires(T length) { length.count(); };

// What stands between the elements of a list; of a list of lists, between the inner ones.
template <List T>
inline constexpr char separator = List<std::ranges::range_value_t<T>> ? ';' : ',';

// The identity of a destination tells where it is. A replay only compares it.
inline std::string hash_of(std::string_view identity) {
  if (identity.empty() || identity.starts_with('#')) {
    return std::string(identity);  // it comes from a record
  }
  std::uint64_t hash = 14695981039346656037U;  // FNV-1a
  for (const char c : identity) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  }
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "#";
  for (int shift = 60; shift >= 32; shift -= 4) {
    text += digits[(hash >> static_cast<unsigned>(shift)) & 15U];
  }
  return text;
}

class LineWriter {
 public:
  explicit LineWriter(std::string& line) : line_(line) {}

  template <class T>
  void operator()(std::string_view name, const T& value) {
    if (is_unset(value)) {
      return;
    }
    begin(name);
    put(value);
  }
  void hashed(std::string_view name, const std::string& identity) {
    if (!identity.empty()) {
      begin(name);
      line_ += hash_of(identity);
    }
  }
  template <class T>
  void part(const T& value) {
    if (!std::exchange(first_part_, false)) {
      line_ += ':';
    }
    put(value);
  }
  void length(const std::string& body) { part(body.size()); }

  template <std::integral T>
  void number(T value) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    line_.append(digits.data(), end);
  }

 private:
  template <class T>
  static bool is_unset(const T& value) {
    if constexpr (List<T>) {
      return value.empty();
    } else {
      return value == T{};
    }
  }
  void begin(std::string_view name) {
    line_ += ' ';
    line_ += name;
    line_ += '=';
  }

  template <class T>
  void put(const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      line_ += value ? '1' : '0';
    } else if constexpr (std::integral<T>) {
      number(value);
    } else if constexpr (std::is_enum_v<T>) {
      for (const char c : token_of(value)) {
        line_ += c == ' ' ? '-' : c;
      }
    } else if constexpr (Point<T>) {
      number(value.time_since_epoch().count());
    } else if constexpr (Span<T>) {
      number(value.count());
    } else if constexpr (is_optional<T>) {
      value ? put(*value) : void(line_ += '-');
    } else if constexpr (List<T>) {
      bool first = true;
      for (const auto& element : value) {
        if (!std::exchange(first, false)) {
          line_ += separator<T>;
        }
        first_part_ = true;
        put(element);
      }
    } else if constexpr (is_pair<T>) {
      part(value.first);
      parts(*this, value.second);
    } else {
      parts(*this, value);
    }
  }

  std::string& line_;
  bool first_part_ = true;
};

// Takes the text up to `end`, and `end` itself, from the front of `text`.
inline std::string_view take_until(std::string_view& text, char end) {
  const std::size_t at = text.find(end);
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return taken;
}

class LineReader {
 public:
  explicit LineReader(std::string_view line) : line_(line) {}

  bool good() const { return good_ && line_.empty(); }

  template <class T>
  void operator()(std::string_view name, T& value) {
    value = T{};
    if (const auto token = token_named(name)) {
      get(*token, value);
    }
  }
  void hashed(std::string_view name, std::string& identity) {
    identity = token_named(name).value_or("");
  }
  template <class T>
  void part(T& value) {
    get(take_until(element_, ':'), value);
  }
  void length(std::string& body) {
    std::size_t size = 0;
    part(size);
    if (size > most_bodies_) {
      good_ = false;
      return;
    }
    most_bodies_ -= size;
    body.assign(size, '.');
  }
  // The next one, whatever it is.
  template <class T>
  void word(T& value) {
    get(take_until(line_, ' '), value);
  }
  std::string_view word() { return take_until(line_, ' '); }

 private:
  // Nobody can vouch for a record: sums of a few times do not overflow, and counts can go on.
  static constexpr std::int64_t most_ticks = 100'000'000'000'000'000;
  static constexpr int most_count = 1'000'000'000;

  std::optional<std::string_view> token_named(std::string_view name) {
    if (!line_.starts_with(name) || !line_.substr(name.size()).starts_with('=')) {
      return std::nullopt;
    }
    line_.remove_prefix(name.size() + 1);
    return take_until(line_, ' ');
  }

  template <class T>
  void get(std::string_view text, T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      value = text == "1";
      good_ &= value || text == "0";
    } else if constexpr (std::integral<T>) {
      const char* const end = std::to_address(text.end());
      const auto [stop, error] = std::from_chars(std::to_address(text.begin()), end, value);
      good_ &= error == std::errc{} && stop == end;
      if constexpr (std::same_as<T, int>) {
        good_ &= value >= 0 && value <= most_count;
      }
    } else if constexpr (std::is_enum_v<T>) {
      get_name(text, value);
    } else if constexpr (Point<T>) {
      typename T::rep ticks = 0;
      get(text, ticks);
      good_ &= ticks >= -most_ticks && ticks <= most_ticks;
      value = T(typename T::duration(ticks));
    } else if constexpr (Span<T>) {
      typename T::rep ticks = 0;
      get(text, ticks);
      good_ &= ticks >= 0 && ticks <= most_ticks;
      value = T(ticks);
    } else if constexpr (is_optional<T>) {
      value.reset();
      if (text != "-") {
        get(text, value.emplace());
      }
    } else if constexpr (List<T>) {
      get_list(text, value);
    } else {
      element_ = text;
      parts(*this, value);
      good_ &= element_.empty();
    }
  }

  template <class E>
  void get_name(std::string_view text, E& value) {
    const auto same = [](char a, char b) { return (a == ' ' ? '-' : a) == b; };
    for (int i = 0;; ++i) {
      const std::string_view name = token_of(static_cast<E>(i));
      if (name == "?") {
        good_ = false;
        return;
      }
      if (std::ranges::equal(name, text, same)) {
        value = static_cast<E>(i);
        return;
      }
    }
  }

  template <List T>
  void get_list(std::string_view text, T& list) {
    list.clear();
    while (!text.empty() && good_) {
      const std::string_view each = take_until(text, separator<T>);
      if constexpr (requires { typename T::mapped_type; }) {
        element_ = each;
        typename T::key_type key{};
        part(key);
        parts(*this, list[key]);
        good_ &= element_.empty();
      } else {
        typename T::value_type value{};
        get(each, value);
        list.insert(list.end(), std::move(value));
      }
    }
  }

  std::string_view line_;
  std::string_view element_;
  std::size_t most_bodies_ = std::size_t{1} << 24;  // that may still come, in bytes
  bool good_ = true;
};

// FNV-1a over numbers instead of bytes.
class Summer {
 public:
  template <class T>
  void operator()(std::string_view /*name*/, const T& value) {
    add(value);
  }
  void hashed(std::string_view /*name*/, const std::string& identity) {
    for (const char c : hash_of(identity)) {
      add(c);
    }
  }
  template <class T>
  void part(const T& value) {
    add(value);
  }
  void length(const std::string& body) { add(body.size()); }

  template <class T>
  void add(const T& value) {
    if constexpr (std::integral<T> || std::is_enum_v<T>) {
      sum_ = (sum_ ^ static_cast<std::uint64_t>(value)) * 1099511628211U;
    } else if constexpr (Point<T>) {
      add(value.time_since_epoch().count());
    } else if constexpr (Span<T>) {
      add(value.count());
    } else if constexpr (is_optional<T>) {
      add(value.has_value());
      add(value.value_or(typename T::value_type{}));
    } else if constexpr (List<T>) {
      add(value.size());
      for (const auto& element : value) {
        add(element);
      }
    } else {
      parts(*this, value);
    }
  }

  std::uint32_t sum() const { return static_cast<std::uint32_t>(sum_ ^ (sum_ >> 32U)); }

 private:
  std::uint64_t sum_ = 14695981039346656037U;
};

}  // namespace reporterd
