#include "daemon/io/log.h"

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <uv.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "daemon/path.h"

namespace reporterd {
namespace {

constexpr uv_file stderr_descriptor = 2;

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

spdlog::sink_ptr stderr_sink() {
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  if (uv_guess_handle(stderr_descriptor) == UV_TTY) {
    sink->set_pattern("%H:%M:%S %l: %v");
    return sink;
  }
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<PriorityFlag>('*').set_pattern("%*%v");
  sink->set_formatter(std::move(formatter));
  return sink;
}

spdlog::sink_ptr file_sink(const LogSettings& settings) {
  auto sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
      path_of(settings.file).native(), settings.max_bytes,
      std::max<std::size_t>(settings.files, 1) - 1);
  sink->set_formatter(std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %l: %v",
                                                                  spdlog::pattern_time_type::utc));
  return sink;
}

}  // namespace

Result<std::shared_ptr<spdlog::logger>> make_logger(const LogSettings& settings) {
  try {
    auto logger = std::make_shared<spdlog::logger>(
        "reporterd", settings.file.empty() ? stderr_sink() : file_sink(settings));
    logger->set_level(settings.level);
    logger->flush_on(spdlog::level::trace);
    return logger;
  } catch (const spdlog::spdlog_ex& error) {
    return fail(ErrorCode::io,
                fmt::format("cannot write the log file {}: {}", settings.file, error.what()));
  }
}

}  // namespace reporterd
