#include "windows-service/event_log.h"

#include <spdlog/sinks/base_sink.h>
#include <windows.h>

#include <memory>
#include <mutex>
#include <utility>

namespace reporterd {
namespace {

constexpr const wchar_t* source = L"reporterd";
constexpr const wchar_t* source_key =
    L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\reporterd";

struct Deregister {
  void operator()(HANDLE handle) const { DeregisterEventSource(handle); }
};

WORD type_of(Notable what) {
  switch (what) {
    case Notable::started:
    case Notable::stopped:
    case Notable::configuration_read:
    case Notable::condition_changed:
    case Notable::endpoint_back:
    case Notable::disk_has_space:
    case Notable::outbox_works:
      return EVENTLOG_INFORMATION_TYPE;
    case Notable::endpoint_unreachable:
    case Notable::other_warning:
      return EVENTLOG_WARNING_TYPE;
    case Notable::endpoint_refuses_us:
    case Notable::disk_full:
    case Notable::outbox_fails:
    case Notable::outbox_damaged:
    case Notable::start_failed:
    case Notable::configuration_wrong:
    case Notable::other_error:
      return EVENTLOG_ERROR_TYPE;
  }
  return EVENTLOG_ERROR_TYPE;
}

// The two highest bits of an id.
DWORD severity_of(WORD type) {
  constexpr int place = 30;
  const DWORD severity = type == EVENTLOG_INFORMATION_TYPE ? 1
                         : type == EVENTLOG_WARNING_TYPE   ? 2
                                                           : 3;
  return severity << place;
}

class EventLogSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit EventLogSink(WriteEvent write) : write_(std::move(write)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& line) override {
    std::string text(line.payload.data(), line.payload.size());
    if (!line.source.empty()) {
      write_(event_of(static_cast<Notable>(line.source.line), std::move(text)));
    } else if (line.level >= spdlog::level::warn) {
      const bool is_error = line.level >= spdlog::level::err;
      write_(event_of(is_error ? Notable::other_error : Notable::other_warning, std::move(text)));
    }
  }
  void flush_() override {}

  WriteEvent write_;
};

}  // namespace

EventEntry event_of(Notable what, std::string text) {
  const WORD type = type_of(what);
  return {severity_of(type) | static_cast<DWORD>(what), type, std::move(text)};
}

std::wstring entry_text(const std::string& text) {
  constexpr std::size_t longest = 31'839;  // ReportEvent's
  std::wstring all = wide(text);
  if (all.size() > longest) {
    all.resize(IS_HIGH_SURROGATE(all[longest - 1]) ? longest - 1 : longest);
  }
  return all;
}

WriteEvent event_log() {
  const std::shared_ptr<void> log(RegisterEventSourceW(nullptr, source), Deregister());
  return [log](const EventEntry& entry) {
    if (log != nullptr) {
      const std::wstring text = entry_text(entry.text);
      const wchar_t* texts = text.c_str();
      ReportEventW(log.get(), entry.type, 0, entry.id, nullptr, 1, 0, &texts, nullptr);
    }
  };
}

spdlog::sink_ptr event_log_sink(WriteEvent write) {
  return std::make_shared<EventLogSink>(std::move(write));
}

WindowsResult<bool> add_event_source(const std::string& program) {
  DWORD types_before = 0;
  DWORD size = sizeof types_before;
  const bool is_there =
      RegGetValueW(HKEY_LOCAL_MACHINE, source_key, L"TypesSupported", RRF_RT_REG_DWORD, nullptr,
                   &types_before, &size) == ERROR_SUCCESS;
  const std::wstring file = wide(program);
  const DWORD types = EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE;
  LSTATUS status =
      RegSetKeyValueW(HKEY_LOCAL_MACHINE, source_key, L"EventMessageFile", REG_EXPAND_SZ,
                      file.c_str(), static_cast<DWORD>((file.size() + 1) * sizeof(wchar_t)));
  if (status == ERROR_SUCCESS) {
    status = RegSetKeyValueW(HKEY_LOCAL_MACHINE, source_key, L"TypesSupported", REG_DWORD, &types,
                             sizeof types);
  }
  if (status != ERROR_SUCCESS) {
    return refused("cannot add the Event Log source reporterd", static_cast<DWORD>(status));
  }
  return !is_there;
}

WindowsStatus remove_event_source() {
  const LSTATUS status = RegDeleteKeyW(HKEY_LOCAL_MACHINE, source_key);
  if (status != ERROR_SUCCESS && status != ERROR_FILE_NOT_FOUND) {
    return refused("cannot remove the Event Log source reporterd", static_cast<DWORD>(status));
  }
  return {};
}

}  // namespace reporterd
