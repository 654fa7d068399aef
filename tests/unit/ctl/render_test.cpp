#include "ctl/render.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ctl/duration.h"
#include "ctl/printable.h"
#include "daemon/control/answers.h"
#include "tests/unit/control/fakes.h"

namespace reporterd::ctl {
namespace {

Json status_json(const StatusReport& status) {
  return Json::parse(to_json(status, testing::FakeService().now()));
}

TEST(Render, StatusSaysHowItIsWhyAndWhatToDo) {
  const std::string text = render_status(status_json(testing::sample_status()), false);
  EXPECT_TRUE(
      text.starts_with("reporterd 0.1.0: unreachable, for 1 min 0 s\n"
                       "  the destination cannot be reached: connection refused\n"
                       "  next attempt 2026-01-02T03:05:35.000Z, in 1 min 30 s\n"
                       "  Nothing to do: it tries again by itself."))
      << text;
  for (const char* words : {"telemetry.example.com (http)", "2 queued, 0 held", "3 accepted",
                            "1 delivered", "40 KiB of 64 MiB", "Butler 1 (/etc/butler",
                            "10 min 0 s ago: 1 message delivered", "next in 11 h 58 min"}) {
    EXPECT_NE(text.find(words), std::string::npos) << words << " in\n" << text;
  }
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(Render, AnIdThatIsNotInUseIsNotCalledKept) {
  Json butler = {{"number", 1},
                 {"file", "b.yaml"},
                 {"instanceId", nullptr},
                 {"why", "none is in use"},
                 {"recomputed", "abc"}};
  EXPECT_EQ(render_ids({{"butlers", {butler}}}),
            "Butler 1 (b.yaml)\n  none is in use\n  recomputed: abc\n");
  butler["instanceId"] = "def";
  butler["why"] = "kept";
  EXPECT_EQ(render_ids({{"butlers", {butler}}}),
            "Butler 1 (b.yaml)\n  def\n  kept\n"
            "  recomputed: abc; it would be this one now, the one above is kept\n");
}

TEST(Render, StatusFitsOneScreenHoweverMuchThereIsToSay) {
  StatusReport status = testing::sample_status();
  for (std::size_t i = 2; i < 100; ++i) {
    status.consent.butlers.push_back(status.consent.butlers[0]);
    status.instance_ids.push_back(status.instance_ids[0]);
    status.warnings.push_back("a warning");
  }
  const std::string text = render_status(status_json(status), false);
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 30) << text;
  EXPECT_NE(text.find("... and 93 more: --json shows all"), std::string::npos) << text;
}

TEST(Render, TheConditionIsColouredOnATerminal) {
  const std::string text = render_status(status_json(testing::sample_status()), true);
  EXPECT_TRUE(text.starts_with("reporterd 0.1.0: \x1b[33munreachable\x1b[0m,")) << text;
}

TEST(Render, EveryConditionThatNeedsSomethingSaysWhat) {
  StatusReport status = testing::sample_status();
  for (const Condition condition :
       {Condition::off, Condition::paused, Condition::no_destination, Condition::notice,
        Condition::auth_problem, Condition::config_problem, Condition::asked_to_wait,
        Condition::unreachable, Condition::waiting}) {
    status.condition = condition;
    const std::string text = render_status(status_json(status), false);
    EXPECT_NE(text.find("reporterctl"), std::string::npos) << name_of(condition);
  }
}

TEST(Render, DamageIsShownPlainly) {
  StatusReport status = testing::sample_status();
  status.ledger.delivered += 1;
  status.storage.disk_full = true;
  status.storage.set_aside = "outbox.db.damaged-1\x1b";
  const std::string text = render_status(status_json(status), false);
  EXPECT_NE(text.find("NOT balance"), std::string::npos) << text;
  EXPECT_NE(text.find("disk is FULL"), std::string::npos) << text;
  EXPECT_NE(text.find("set aside as outbox.db.damaged-1\\u001b\n"), std::string::npos) << text;
}

TEST(Printable, KeepsTextAndEscapesWhatCouldSteerATerminal) {
  EXPECT_EQ(printable("Grün 漢字 😀"), "Grün 漢字 😀");
  EXPECT_EQ(printable("a\tb\nc\x1b[31m\x7f"), "a\\u0009b\\u000ac\\u001b[31m\\u007f");
  EXPECT_EQ(printable("\xc2\x9b\xe2\x80\xae\xe2\x81\xa6\xef\xbb\xbf"),
            "\\u009b\\u202e\\u2066\\ufeff");
  EXPECT_EQ(printable("\xf3\xa0\x80\x81"), "\\udb40\\udc01");
  EXPECT_EQ(printable("\xff\xc3(\xe2\x82\xed\xa0\x80\xc0\xaf\xf4\x90\x80\x80"),
            "\\xff\\xc3(\\xe2\\x82\\xed\\xa0\\x80\\xc0\\xaf\\xf4\\x90\\x80\\x80");
  EXPECT_EQ(printable_lines("a\n\tb\r"), "a\n\tb\\u000d");
}

TEST(Duration, IsReadAsPeopleWriteIt) {
  EXPECT_EQ(parse_duration("250ms"), Millis(250));
  EXPECT_EQ(parse_duration("30"), Millis(30'000));
  EXPECT_EQ(parse_duration("2.5s"), Millis(2500));
  EXPECT_EQ(parse_duration("5m"), Millis(300'000));
  EXPECT_EQ(parse_duration("12h"), Millis(43'200'000));
  EXPECT_EQ(parse_duration("90d"), Millis(7'776'000'000));
  for (const char* text : {"", "0", "-1", "x", "1x", "1 s", "0.0001", "1e3", "inf", "nan", "99999d",
                           "999999999999999999999999999999999"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_duration("1m", Millis(60'000)), Millis(60'000));
  EXPECT_EQ(parse_duration("60.001", Millis(60'000)), std::nullopt);
}

TEST(Duration, IsSpokenInItsTwoLargestUnits) {
  EXPECT_EQ(spoken(Millis(850)), "850 ms");
  EXPECT_EQ(spoken(Millis(42'999)), "42 s");
  EXPECT_EQ(spoken(Millis(185'000)), "3 min 5 s");
  EXPECT_EQ(spoken(Millis(7'800'000)), "2 h 10 min");
  EXPECT_EQ(spoken(Millis(1'051'200'000)), "12 d 4 h");
}

}  // namespace
}  // namespace reporterd::ctl
