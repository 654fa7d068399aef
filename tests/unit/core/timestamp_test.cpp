#include "daemon/core/timestamp.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace reporterd {
namespace {

std::string canonical(std::string_view text) {
  const auto time = parse_ts(text);
  return time ? canonical_ts(*time) : "refused: " + time.error().what;
}

}  // namespace

TEST(Timestamp, EveryWayToWriteAMomentHasOneCanonicalForm) {
  const std::string moment = "2021-03-03T11:13:55.862Z";
  for (const auto* text :
       {"2021-03-03T11:13:55.862Z", "2021-03-03t11:13:55.862z", "2021-03-03T11:13:55.862000Z",
        "2021-03-03T11:13:55.8620Z", "2021-03-03T11:13:55.862+00:00",
        "2021-03-03T11:13:55.862-00:00", "2021-03-03T12:43:55.862+01:30",
        "2021-03-02T23:13:55.862-12:00", "2021-03-04T11:12:55.862+23:59"}) {
    EXPECT_EQ(canonical(text), moment) << text;
  }
}

TEST(Timestamp, CanonicalFormHasMillisecondsOrSixDigits) {
  EXPECT_EQ(canonical("2021-03-03T11:13:55Z"), "2021-03-03T11:13:55.000Z");
  EXPECT_EQ(canonical("2021-03-03T11:13:55.1Z"), "2021-03-03T11:13:55.100Z");
  EXPECT_EQ(canonical("2021-03-03T11:13:55.000001Z"), "2021-03-03T11:13:55.000001Z");
  EXPECT_EQ(canonical("2021-03-03T11:13:55.1234Z"), "2021-03-03T11:13:55.123400Z");
}

TEST(Timestamp, KnowsTheCalendar) {
  EXPECT_EQ(to_us(*parse_ts("1970-01-01T00:00:00Z")), 0);
  EXPECT_EQ(to_us(*parse_ts("1969-12-31T23:59:59.999999Z")), -1);
  EXPECT_EQ(to_us(*parse_ts("2000-02-29T12:00:00Z")), 951'825'600'000'000);
  EXPECT_EQ(canonical("2024-02-29T00:00:00Z"), "2024-02-29T00:00:00.000Z");
  EXPECT_EQ(canonical("2023-12-31T23:30:00-01:00"), "2024-01-01T00:30:00.000Z");
}

TEST(Timestamp, RefusesWhatIsNotADateTime) {
  for (const auto* text : {"",
                           "2021-03-03",
                           "2021-03-03T11:13Z",
                           "2021-03-03T11:13:55",
                           "2021-03-03 11:13:55Z",
                           "2021-03-03T11:13:55.Z",
                           "2021-03-03T11:13:55,5Z",
                           "2021-03-03T11:13:55.1234567Z",
                           "2021-03-03T11:13:55Z ",
                           " 2021-03-03T11:13:55Z",
                           "2021-03-03T11:13:55ZZ",
                           "2021-03-03T11:13:55+0100",
                           "2021-03-03T11:13:55+01",
                           "2021-03-03T11:13:55+24:00",
                           "2021-03-03T11:13:55+01:60",
                           "202103-03T11:13:55Z",
                           "2021-0303T11:13:55Z",
                           "2021-03-03T1113:55Z",
                           "2021-03-03T11:1355Z",
                           "-03-03T11:13:55Z",
                           "2021--03T11:13:55Z",
                           "2021-03-T11:13:55Z",
                           "2021-03-03T:13:55Z",
                           "2021-03-03T11::55Z",
                           "2021-03-03T11:13:Z",
                           "2021-03-03T11:13:55+:30",
                           "2021-03-03T11:13:55+01:",
                           "2021-03-03T11:13:60Z",
                           "2021-03-03T11:60:00Z",
                           "2021-03-03T24:00:00Z",
                           "2021-02-29T00:00:00Z",
                           "1900-02-29T00:00:00Z",
                           "2021-04-31T00:00:00Z",
                           "2021-00-01T00:00:00Z",
                           "2021-13-01T00:00:00Z",
                           "2021-01-00T00:00:00Z",
                           "0000-01-01T00:00:00Z",
                           "0001-01-01T00:00:00+00:01",
                           "9999-12-31T23:59:59-00:01",
                           "12021-03-03T11:13:55Z",
                           "-021-03-03T11:13:55Z",
                           "2O21-03-03T11:13:55Z"}) {
    const auto time = parse_ts(text);
    ASSERT_FALSE(time.has_value()) << text;
    EXPECT_EQ(time.error().code, ErrorCode::invalid);
  }
}

TEST(Timestamp, EveryMomentOfFourDigitYearsSurvivesTheRoundTrip) {
  EXPECT_EQ(canonical("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00.000Z");
  EXPECT_EQ(canonical("9999-12-31T23:59:59.999999Z"), "9999-12-31T23:59:59.999999Z");
  const auto first = to_us(*parse_ts("0001-01-01T00:00:00Z"));
  const auto last = to_us(*parse_ts("9999-12-31T23:59:59.999999Z"));
  std::mt19937_64 random(20260303);
  for (int i = 0; i < 100'000; ++i) {
    const auto span = static_cast<std::uint64_t>(last - first);
    const WallTime time = wall_at(first + static_cast<std::int64_t>(random() % span));
    ASSERT_EQ(parse_ts(canonical_ts(time)), time);
  }
}

TEST(Timestamp, AMomentBeyondFourDigitYearsIsWrittenAsTheNearestOne) {
  EXPECT_EQ(canonical_ts(WallTime::max()), "9999-12-31T23:59:59.999999Z");
  EXPECT_EQ(canonical_ts(WallTime::min()), "0001-01-01T00:00:00.000Z");
}

}  // namespace reporterd
