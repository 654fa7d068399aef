#include "daemon/destination/retry_after.h"

#include <gtest/gtest.h>

#include "daemon/core/timestamp.h"

namespace reporterd {
namespace {

using std::chrono::seconds;

const WallTime arrival = *parse_ts("2026-11-22T07:28:00Z");

std::optional<Millis> wait(std::string_view text,
                           std::optional<std::string_view> date = std::nullopt) {
  return parse_retry_after(text, date, arrival);
}

}  // namespace

TEST(RetryAfter, SecondsAreRead) {
  EXPECT_EQ(wait("0"), seconds(0));
  EXPECT_EQ(wait("120"), seconds(120));
  EXPECT_EQ(wait(" 120\t"), seconds(120));
  EXPECT_EQ(wait("000120"), seconds(120));
}

TEST(RetryAfter, HugeNumbersSaturate) {
  const Millis longest = std::chrono::years(100);
  EXPECT_EQ(wait("9223372036854775807"), longest);
  EXPECT_EQ(wait("99999999999999999999999999999999999999"), longest);
  EXPECT_EQ(wait("4000000000"), longest);
}

TEST(RetryAfter, AllThreeDateFormatsAreRead) {
  EXPECT_EQ(wait("Sun, 22 Nov 2026 07:30:00 GMT"), seconds(120));
  EXPECT_EQ(wait("Sunday, 22-Nov-26 07:30:00 GMT"), seconds(120));
  EXPECT_EQ(wait("Sun Nov 22 07:30:00 2026"), seconds(120));
  EXPECT_EQ(wait("Tue Dec  1 07:28:00 2026"), std::chrono::days(9));
}

TEST(RetryAfter, ADateThatHasPassedIsNoWait) {
  EXPECT_EQ(wait("Sun, 06 Nov 1994 08:49:37 GMT"), seconds(0));
  EXPECT_EQ(wait("Sunday, 06-Nov-94 08:49:37 GMT"), seconds(0)) << "94 is 1994, not 2094";
}

TEST(RetryAfter, ADateCountsFromTheServersClockWhereItIsTold) {
  EXPECT_EQ(wait("Sun, 22 Nov 2026 12:00:10 GMT", "Sun, 22 Nov 2026 12:00:00 GMT"), seconds(10));
  EXPECT_EQ(wait("Sun, 22 Nov 2026 07:30:00 GMT", "about noon"), seconds(120));
  EXPECT_EQ(wait("10", "Sun, 22 Nov 2026 12:00:00 GMT"), seconds(10));
}

TEST(RetryAfter, WhatIsNeitherFormIsNothing) {
  for (const auto* text : {"",
                           " ",
                           "-1",
                           "+1",
                           "1.5",
                           "1e3",
                           "0x10",
                           "10s",
                           "soon",
                           "Sun",
                           "Sun, ",
                           "Sun, 22 Nov 2026 07:30:00",
                           "Sun, 22 Nov 2026 07:30:00 CET",
                           "Sun, 32 Nov 2026 07:30:00 GMT",
                           "Sun, 22 Nox 2026 07:30:00 GMT",
                           "Sun, 22 Nov 26 07:30:00 GMT",
                           "Sun, 22 Nov 2026 24:30:00 GMT",
                           "Sun, 22 Nov 2026 7:30:00 GMT",
                           "Sunday, 22-Nov 07:30:00 GMT",
                           "Xyz Nov 22 07:30:00 2026",
                           "2026-11-22T07:30:00Z"}) {
    EXPECT_EQ(wait(text), std::nullopt) << text;
  }
}

TEST(RetryAfter, ALeapSecondAndAFarYearAreDates) {
  EXPECT_EQ(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT", arrival),
            *parse_ts("2017-01-01T00:00:00Z"));
  EXPECT_EQ(parse_http_date("Fri, 31 Dec 9999 23:59:59 GMT", arrival),
            *parse_ts("9999-12-31T23:59:59Z"));
  EXPECT_EQ(parse_http_date("Monday, 31-Dec-76 00:00:00 GMT", arrival),
            *parse_ts("2076-12-31T00:00:00Z"));
  EXPECT_EQ(parse_http_date("Monday, 31-Dec-77 00:00:00 GMT", arrival),
            *parse_ts("1977-12-31T00:00:00Z"));
}

}  // namespace reporterd
