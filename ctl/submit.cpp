// submit: a JSON document or JSON Lines -> one request for each message, many on their way at once,
// answers printed as they come.

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <system_error>
#include <utility>

#include "ctl/printable.h"
#include "ctl/render.h"
#include "ctl/verbs.h"
#include "daemon/path.h"

namespace reporterd::ctl {
namespace {

// Requests on their way: enough to fill a group commit, few enough to keep in memory.
constexpr std::size_t most_unanswered = 128;

constexpr const char* not_json = "not valid JSON";
constexpr std::string_view utf8_mark = "\xef\xbb\xbf";  // some editors begin a file with it
constexpr const char* no_message =
    "not a message: a message is a JSON object; several stand one a line (JSON Lines), not in an "
    "array";

class Submission {
 public:
  Submission(Client client, const Settings& settings)
      : client_(std::move(client)), settings_(settings) {}

  // `message` is valid JSON of one line.
  Outcome<void> send(std::int64_t line, std::string_view message) {
    if (message[message.find_first_not_of(" \t")] != '{') {
      fail(line, Exit::failure, no_message);
      return {};
    }
    client_.send(request_line(line, "submit", fmt::format("{{\"message\":{}}}", message)));
    unanswered_.push_back(line);
    return unanswered_.size() < most_unanswered ? Outcome<void>() : take_answer();
  }

  Outcome<void> take_all_answers() {
    while (!unanswered_.empty()) {
      if (auto taken = take_answer(); !taken) {
        return taken;
      }
    }
    std::fflush(stdout);
    return {};
  }

  // A line that is not sent, or that the service refused.
  void fail(std::int64_t line, Exit exit, std::string_view why) {
    if (settings_.json) {
      fmt::print("{}\n", printable(Json{{"line", line}, {"error", why}}.dump()));
    }
    fmt::print(stderr, "reporterctl: line {}: {}\n", line, printable(why));
    worst_ = worse(worst_, exit);
  }

  Exit worst() const { return worst_; }

 private:
  Outcome<void> take_answer() {
    const std::int64_t line = unanswered_.front();
    const auto text = client_.next_line(settings_.patience);
    if (!text) {
      return give_up(text.error().exit,
                     fmt::format("{}; no answer from line {} on: submit these again (what was "
                                 "taken already is recognised)",
                                 text.error().text, line));
    }
    const auto answer = read_answer(*text, line);
    if (!answer) {
      return std::unexpected(answer.error());
    }
    unanswered_.pop_front();
    if (answer->is_error) {
      fail(line, exit_for_rpc(answer->code), answer->message);
    } else if (settings_.json) {
      Json shown = {{"line", line}};
      shown.update(answer->result);
      fmt::print("{}\n", printable(shown.dump()));
    } else {
      fmt::print("{}", render_submitted(answer->result));
    }
    return {};
  }

  Client client_;
  const Settings& settings_;
  std::deque<std::int64_t> unanswered_;  // their line numbers
  Exit worst_ = Exit::ok;
};

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// Begins with the mark that PowerShell and others write.
bool is_utf16(std::string_view text) {
  return text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff");
}

// A line end inside valid JSON is white space between its parts.
std::string on_one_line(std::string text) {
  std::replace_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return text;
}

// `first` is the first line, which is not JSON by itself: the whole input is one document.
Outcome<void> submit_document(Submission& submission, std::istream& input, std::int64_t first_line,
                              const std::string& first) {
  std::string text = first + "\n";
  text.append(std::istreambuf_iterator<char>(input), {});
  if (!Json::accept(text)) {
    submission.fail(first_line, Exit::failure, not_json);
    return {};
  }
  return submission.send(first_line, on_one_line(std::move(text)));
}

// `name`: of the input, for people.
Outcome<void> submit_all(Submission& submission, std::istream& input, std::string_view name) {
  std::string text;
  bool first = true;
  for (std::int64_t line = 1; std::getline(input, text); ++line) {
    if (line == 1 && text.starts_with(utf8_mark)) {
      text.erase(0, utf8_mark.size());
    }
    if (line == 1 && is_utf16(text)) {
      return give_up(Exit::failure, fmt::format("{} is UTF-16; save it as UTF-8", name));
    }
    if (is_blank(text)) {
      continue;
    }
    if (text.ends_with('\r')) {
      text.pop_back();
    }
    const bool valid = Json::accept(text);
    Outcome<void> sent;
    if (valid) {
      sent = submission.send(line, text);
    } else if (first) {
      sent = submit_document(submission, input, line, text);
    } else {
      submission.fail(line, Exit::failure, not_json);
    }
    // With nothing more to read for now, the answers come first: the input may be a program that
    // writes a message now and then.
    if (sent && input.rdbuf()->in_avail() <= 0) {
      sent = submission.take_all_answers();
    }
    if (!sent) {
      return sent;
    }
    first = false;
  }
  auto taken = submission.take_all_answers();
  if (taken && input.bad()) {
    return give_up(Exit::failure, fmt::format("cannot read {} to its end", name));
  }
  if (taken && first) {
    return give_up(Exit::failure, fmt::format("there is no message in {}", name));
  }
  return taken;
}

Outcome<std::ifstream> open_input(const std::string& file) {
  std::error_code error;
  if (std::filesystem::is_directory(path_of(file), error)) {
    error = std::make_error_code(std::errc::is_a_directory);
  } else if (std::ifstream opened(path_of(file), std::ios::binary); opened) {
    return opened;
  } else {
    error.assign(errno, std::generic_category());
  }
  return give_up(Exit::failure, fmt::format("cannot read {}: {}", file, error.message()));
}

}  // namespace

Outcome<Exit> submit(const Arguments& arguments, const Settings& settings) {
  const std::string file = arguments.value("FILE").value_or("-");
  const bool from_stdin = file == "-";
  auto opened = from_stdin ? std::ifstream() : open_input(file);
  if (!opened) {
    return std::unexpected(opened.error());
  }
  auto client = open_service(settings, /*submit_will_do=*/true);
  if (!client) {
    return std::unexpected(client.error());
  }
  std::ios::sync_with_stdio(false);
  Submission submission(std::move(*client), settings);
  const auto done = from_stdin ? submit_all(submission, std::cin, "standard input")
                               : submit_all(submission, *opened, file);
  if (!done) {
    return std::unexpected(done.error());
  }
  return submission.worst();
}

}  // namespace reporterd::ctl
