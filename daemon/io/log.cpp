#include "daemon/io/log.h"

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <uv.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/io/log_lines.h"
#include "daemon/path.h"

namespace reporterd {
namespace {

constexpr uv_file stderr_descriptor = 2;

spdlog::sink_ptr stderr_sink() {
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  if (uv_guess_handle(stderr_descriptor) == UV_TTY) {
    sink->set_pattern(time_of_day);
  } else {
    sink->set_formatter(lines_for_whoever_reads_stderr());
  }
  return sink;
}

// spdlog's loses the line with which a rotation fails, and all lines after it when it cannot open
// the file again then: here the line is written to a file that is opened anew, and each further one
// tries that again. What failed is thrown nevertheless.
class LogFile final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit LogFile(LogSettings settings) : settings_(std::move(settings)) { open(); }

 private:
  void sink_it_(const spdlog::details::log_msg& line) override {
    if (!file_) {
      open();
    }
    try {
      file_->log(line);
    } catch (const spdlog::spdlog_ex&) {
      file_.reset();
      open();
      file_->log(line);
      throw;
    }
  }
  void flush_() override {
    if (file_) {
      file_->flush();
    }
  }

  void open() {
    auto file = std::make_unique<spdlog::sinks::rotating_file_sink_st>(
        path_of(settings_.file).native(), settings_.max_bytes,
        std::max<std::size_t>(settings_.files, 1) - 1);
    file->set_formatter(std::make_unique<spdlog::pattern_formatter>(
        "%Y-%m-%dT%H:%M:%S.%eZ %l: %v", spdlog::pattern_time_type::utc));
    file_ = std::move(file);
  }

  LogSettings settings_;
  std::unique_ptr<spdlog::sinks::rotating_file_sink_st> file_;
};

// Tells stderr, and all sinks of `logger` but the first, that a line could not be written: once in
// an hour, however many these are. It must not throw.
auto teller_for(spdlog::logger& logger) {
  struct Told {
    std::mutex mutex;
    std::optional<std::chrono::steady_clock::time_point> last;
  };
  return [&logger, told = std::make_shared<Told>()](const std::string& what) {
    const auto now = std::chrono::steady_clock::now();
    {
      const std::lock_guard lock(told->mutex);
      if (told->last && now - *told->last < std::chrono::hours(1)) {
        return;
      }
      told->last = now;
    }
    const std::string text = "lines of the log may be missing: " + what;
    const spdlog::details::log_msg line(logger.name(), spdlog::level::warn, text);
    std::vector<spdlog::sink_ptr> others(logger.sinks());
    others.front() = stderr_sink();
    for (const spdlog::sink_ptr& sink : others) {
      try {
        sink->log(line);
      } catch (const std::exception&) {  // a service of Windows has no stderr
        continue;
      }
    }
  };
}

}  // namespace

Result<std::shared_ptr<spdlog::logger>> make_logger(const LogSettings& settings) {
  try {
    auto logger = std::make_shared<spdlog::logger>(
        "reporterd", settings.file.empty() ? stderr_sink() : std::make_shared<LogFile>(settings));
    logger->set_level(settings.level);
    logger->flush_on(spdlog::level::trace);
    logger->set_error_handler(teller_for(*logger));
    return logger;
  } catch (const spdlog::spdlog_ex& error) {
    return fail(ErrorCode::io,
                fmt::format("cannot write the log file {}: {}", settings.file, error.what()));
  }
}

}  // namespace reporterd
