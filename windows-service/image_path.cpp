#include "windows-service/image_path.h"

namespace reporterd {
namespace {

// Backslashes mean themselves, but for those before a quote.
std::string quoted(const std::string& word) {
  std::string text = "\"";
  std::size_t backslashes = 0;
  for (const char c : word) {
    if (c == '"') {
      text.append(backslashes + 1, '\\');
    }
    backslashes = c == '\\' ? backslashes + 1 : 0;
    text += c;
  }
  return text.append(backslashes, '\\') + '"';
}

bool needs_quotes(const std::string& word) {
  return word.empty() || word.find_first_of(" \t\n\v\"") != std::string::npos;
}

}  // namespace

std::string command_line(const std::string& program, const std::vector<std::string>& words) {
  std::string text = '"' + program + '"';
  for (const std::string& word : words) {
    text += ' ' + (needs_quotes(word) ? quoted(word) : word);
  }
  return text;
}

}  // namespace reporterd
