#include "collector/split_array.h"

#include <cstddef>

namespace reporterd {
namespace {

constexpr std::string_view white_space = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(white_space);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(white_space) - first + 1);
}

// Behind the string that begins at `at`; npos when it is not closed.
std::size_t behind_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

// Behind the element that begins at `at`: at the comma, or at the end of `text`.
std::size_t behind_element(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = behind_string(text, at);
      if (at == std::string_view::npos) {
        return at;
      }
      continue;
    }
    if (c == ',' && depth == 0) {
      return at;
    }
    if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) {
        return std::string_view::npos;
      }
      --depth;
    }
    ++at;
  }
  return depth == 0 ? at : std::string_view::npos;
}

}  // namespace

bool is_array(std::string_view json) {
  return trimmed(json).starts_with('[');
}

std::optional<std::vector<std::string_view>> split_array(std::string_view json) {
  json = trimmed(json);
  if (json.size() < 2 || json.front() != '[' || json.back() != ']') {
    return std::nullopt;
  }
  json = trimmed(json.substr(1, json.size() - 2));
  std::vector<std::string_view> elements;
  if (json.empty()) {
    return elements;
  }
  for (std::size_t at = 0;; ++at) {
    const std::size_t end = behind_element(json, at);
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    elements.push_back(trimmed(json.substr(at, end - at)));
    if (elements.back().empty()) {
      return std::nullopt;
    }
    if (end == json.size()) {
      return elements;
    }
    at = end;
  }
}

}  // namespace reporterd
