#include "tests/fuzz/edits.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace reporterd::fuzz {
namespace {

constexpr std::size_t most_edits = 200;

constexpr std::array<std::pair<std::string_view, Edit::Kind>, 6> kinds = {{
    {"set", Edit::Kind::set},
    {"copy", Edit::Kind::copy},
    {"cut", Edit::Kind::cut},
    {"wal", Edit::Kind::wal},
    {"cutwal", Edit::Kind::cut_wal},
    {"suspect", Edit::Kind::suspect},
}};

std::string_view word(std::string_view& line, char end) {
  const std::size_t at = std::min(line.find(end), line.size());
  const std::string_view first = line.substr(0, at);
  line.remove_prefix(std::min(at + 1, line.size()));
  return first;
}

bool number(std::string_view text, std::size_t& value) {
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && rest == text.data() + text.size();
}

bool from_hex(std::string_view text, std::string& bytes) {
  for (; text.size() >= 2; text.remove_prefix(2)) {
    unsigned value = 0;
    const std::string_view byte = text.substr(0, 2);
    const char* const begin = byte.data();
    const char* const end = begin + byte.size();
    const auto [rest, error] = std::from_chars(begin, end, value, 16);
    if (error != std::errc() || rest != end) {
      return false;
    }
    bytes += static_cast<char>(value);
  }
  return text.empty();
}

bool read_edit(std::string_view line, Edit& edit) {
  const std::string_view name = word(line, ' ');
  const auto* const known =
      std::ranges::find(kinds, name, &std::pair<std::string_view, Edit::Kind>::first);
  if (known == kinds.end()) {
    return false;
  }
  edit.kind = known->second;
  switch (edit.kind) {
    case Edit::Kind::set:
      return number(word(line, ':'), edit.page) && number(word(line, ' '), edit.at) &&
             from_hex(line, edit.bytes);
    case Edit::Kind::copy:
      return number(word(line, ' '), edit.page) && number(line, edit.at);
    case Edit::Kind::wal:
      return number(word(line, ' '), edit.at) && from_hex(line, edit.bytes);
    case Edit::Kind::cut:
    case Edit::Kind::cut_wal:
      return number(line, edit.at);
    case Edit::Kind::suspect:
      return true;
  }
  return false;
}

void overwrite(std::string& file, std::size_t at, std::string_view bytes) {
  if (!file.empty()) {
    at %= file.size();
    const std::size_t size = std::min(bytes.size(), file.size() - at);
    file.replace(at, size, bytes.substr(0, size));
  }
}

void make(const Edit& edit, OutboxFiles& files) {
  const std::size_t pages = std::max<std::size_t>(files.database.size() / page_bytes, 1);
  const auto start = [pages](std::size_t page) { return (page + pages - 1) % pages * page_bytes; };
  switch (edit.kind) {
    case Edit::Kind::set:
      overwrite(files.database, start(edit.page % pages) + edit.at % page_bytes, edit.bytes);
      return;
    case Edit::Kind::copy:
      overwrite(files.database, start(edit.at % pages),
                std::string(files.database.substr(start(edit.page % pages), page_bytes)));
      return;
    case Edit::Kind::cut:
      files.database.resize(std::min(edit.at, files.database.size()));
      return;
    case Edit::Kind::wal:
      overwrite(files.wal, edit.at, edit.bytes);
      return;
    case Edit::Kind::cut_wal:
      files.wal.resize(std::min(edit.at, files.wal.size()));
      return;
    case Edit::Kind::suspect:
      files.suspect = true;
      return;
  }
}

}  // namespace

std::vector<Edit> read_edits(std::string_view text) {
  std::vector<Edit> edits;
  while (!text.empty() && edits.size() < most_edits) {
    Edit edit;
    if (read_edit(word(text, '\n'), edit)) {
      edits.push_back(std::move(edit));
    }
  }
  return edits;
}

std::string write_edits(const std::vector<Edit>& edits) {
  std::string text;
  for (const Edit& edit : edits) {
    text += std::ranges::find(kinds, edit.kind, &std::pair<std::string_view, Edit::Kind>::second)
                ->first;
    if (edit.kind == Edit::Kind::set) {
      text += fmt::format(" {}:{} ", edit.page, edit.at);
    } else if (edit.kind == Edit::Kind::copy) {
      text += fmt::format(" {} {}", edit.page, edit.at);
    } else if (edit.kind != Edit::Kind::suspect) {
      text += fmt::format(" {}", edit.at);
      text += edit.kind == Edit::Kind::wal ? " " : "";
    }
    for (const char byte : edit.bytes) {
      text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    }
    text += '\n';
  }
  return text;
}

void damage(OutboxFiles& files, const std::vector<Edit>& edits) {
  for (const Edit& edit : edits) {
    make(edit, files);
  }
}

}  // namespace reporterd::fuzz
