#include "windows-service/event_log.h"

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <windows.h>

#include <array>
#include <string>
#include <vector>

namespace reporterd {
namespace {

constexpr std::array all_notable = {Notable::started,
                                    Notable::stopped,
                                    Notable::configuration_read,
                                    Notable::condition_changed,
                                    Notable::endpoint_back,
                                    Notable::endpoint_unreachable,
                                    Notable::endpoint_refuses_us,
                                    Notable::disk_full,
                                    Notable::disk_has_space,
                                    Notable::outbox_fails,
                                    Notable::outbox_works,
                                    Notable::outbox_damaged,
                                    Notable::start_failed,
                                    Notable::configuration_wrong,
                                    Notable::other_warning,
                                    Notable::other_error};

// As a viewer shows it: from the message table in this program.
std::string rendered(const EventEntry& entry) {
  const std::wstring text = wide(entry.text);
  std::array<DWORD_PTR, 1> inserts = {reinterpret_cast<DWORD_PTR>(text.c_str())};
  std::array<wchar_t, 1000> buffer{};
  const DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_ARGUMENT_ARRAY,
                                      nullptr, entry.id, 0x409, buffer.data(), buffer.size(),
                                      reinterpret_cast<va_list*>(inserts.data()));
  return narrow({buffer.data(), length});
}

TEST(EventLog, EveryEntryHasItsTextInTheMessageTable) {
  for (const Notable what : all_notable) {
    const EventEntry entry = event_of(what, "the disk \u00e4 is full");
    EXPECT_EQ(rendered(entry), "the disk \u00e4 is full\r\n") << entry.id;
    EXPECT_EQ(entry.id & 0xFFFFU, static_cast<std::uint32_t>(what));
  }
}

TEST(EventLog, TheSeverityIsInTypeAndId) {
  EXPECT_EQ(event_of(Notable::started, "").type, EVENTLOG_INFORMATION_TYPE);
  EXPECT_EQ(event_of(Notable::started, "").id, 0x40000001U);
  EXPECT_EQ(event_of(Notable::endpoint_unreachable, "").type, EVENTLOG_WARNING_TYPE);
  EXPECT_EQ(event_of(Notable::endpoint_unreachable, "").id, 0x8000000BU);
  EXPECT_EQ(event_of(Notable::disk_full, "").type, EVENTLOG_ERROR_TYPE);
  EXPECT_EQ(event_of(Notable::disk_full, "").id, 0xC0000014U);
}

TEST(EventLog, GetsMarkedLinesWarningsAndErrorsOnly) {
  std::vector<EventEntry> written;
  spdlog::logger log("test",
                     event_log_sink([&](const EventEntry& entry) { written.push_back(entry); }));
  log.set_level(spdlog::level::debug);
  log.log(mark(Notable::started), spdlog::level::info, "reporterd {} starts", "1.2");
  log.info("a line of many");
  log.debug("more of them");
  log.warn("careful: {}", 1);
  log.error("wrong");
  log.log(mark(Notable::disk_full), spdlog::level::err, "the disk is full");
  EXPECT_EQ(written, (std::vector<EventEntry>{event_of(Notable::started, "reporterd 1.2 starts"),
                                              event_of(Notable::other_warning, "careful: 1"),
                                              event_of(Notable::other_error, "wrong"),
                                              event_of(Notable::disk_full, "the disk is full")}));
}

TEST(EventLog, TheLevelOfTheLogCountsForItToo) {
  std::vector<EventEntry> written;
  spdlog::logger log("test",
                     event_log_sink([&](const EventEntry& entry) { written.push_back(entry); }));
  log.set_level(spdlog::level::err);
  log.log(mark(Notable::started), spdlog::level::info, "starts");
  EXPECT_TRUE(written.empty());
}

TEST(EventLog, AnEntryHoldsTheBeginningOfALongLine) {
  const std::wstring most(31'839, L'x');
  EXPECT_EQ(entry_text(narrow(most)), most);
  EXPECT_EQ(entry_text(std::string(100'000, 'x')), most);
  EXPECT_EQ(entry_text("short \u00e4"), L"short \u00e4");
  const std::string two_units = "\U0001F40C";
  EXPECT_EQ(entry_text(std::string(31'838, 'x') + two_units).size(), 31'838U) << "no half of one";
  event_log()(event_of(Notable::other_warning, std::string(100'000, 'x')));
}

std::string registered(const wchar_t* value) {
  std::array<wchar_t, 300> text{};
  DWORD size = sizeof text;
  const LSTATUS status = RegGetValueW(
      HKEY_LOCAL_MACHINE, L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\reporterd",
      value, RRF_RT_ANY | RRF_NOEXPAND, nullptr, text.data(), &size);
  return status == ERROR_SUCCESS ? narrow(text.data()) : "none";
}

TEST(EventLog, ItsSourceNamesTheProgramWithTheTexts) {
  for (int again = 0; again < 2; ++again) {
    ASSERT_TRUE(add_event_source("C:\\Pr\u00f6gram Files\\reporterd.exe"));
    EXPECT_EQ(registered(L"EventMessageFile"), "C:\\Pr\u00f6gram Files\\reporterd.exe");
    EXPECT_EQ(registered(L"TypesSupported"), "\x07");
  }
  for (int again = 0; again < 2; ++again) {
    ASSERT_TRUE(remove_event_source());
    EXPECT_EQ(registered(L"EventMessageFile"), "none");
  }
}

}  // namespace
}  // namespace reporterd
