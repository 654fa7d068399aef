// The journal, or who else knows its priorities: it adds the time.

#include <spdlog/pattern_formatter.h>

#include <string_view>

#include "daemon/io/log_lines.h"

namespace reporterd {
namespace {

// sd-daemon(3): the priority of a line for the journal.
class PriorityFlag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& line, const std::tm&,
              spdlog::memory_buf_t& out) override {
    const std::string_view text = priority(line.level);
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<PriorityFlag>();
  }

 private:
  static std::string_view priority(spdlog::level::level_enum level) {
    switch (level) {
      case spdlog::level::critical:
        return "<2>";
      case spdlog::level::err:
        return "<3>";
      case spdlog::level::warn:
        return "<4>";
      case spdlog::level::info:
        return "<6>";
      case spdlog::level::trace:
      case spdlog::level::debug:
      case spdlog::level::off:
      case spdlog::level::n_levels:
        return "<7>";
    }
    return "<7>";
  }
};

}  // namespace

std::unique_ptr<spdlog::formatter> lines_for_whoever_reads_stderr() {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<PriorityFlag>('*').set_pattern("%*%v");
  return formatter;
}

}  // namespace reporterd
