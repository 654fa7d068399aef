#include "windows-service/image_path.h"

#include <windows.h>

#include <shellapi.h>

#include "daemon/unique_handle_windows.h"
#include "windows-service/windows_error.h"

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

std::vector<std::string> words_of(const std::string& command_line) {
  int count = 0;
  const LocalMemory<wchar_t*> found(CommandLineToArgvW(wide(command_line).c_str(), &count));
  std::vector<std::string> words;
  for (int i = 0; found != nullptr && i < count; ++i) {
    words.push_back(narrow(found.get()[i]));
  }
  return words;
}

}  // namespace reporterd
