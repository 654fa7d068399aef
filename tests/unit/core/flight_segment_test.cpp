#include "daemon/core/flight_segment.h"

#include <gtest/gtest.h>

#include <string>

namespace reporterd {
namespace {

using std::string_literals::operator""s;

TEST(FlightSegment, HoldsItsSerialAndItsLines) {
  const std::string bytes = flight_head(42) + "one\ntwo\n";
  const auto segment = read_flight_segment(bytes);
  ASSERT_TRUE(segment);
  EXPECT_EQ(segment->serial, 42U);
  EXPECT_EQ(segment->head, flight_head(42));
  EXPECT_EQ(segment->lines, "one\ntwo\n");
}

TEST(FlightSegment, EndsAtTheFirstNulWhateverStandsBehindIt) {
  const std::string bytes = flight_head(1) + "one\n\0two\n\xFF"s;
  const auto segment = read_flight_segment(bytes);
  ASSERT_TRUE(segment);
  EXPECT_EQ(segment->lines, "one\n");
}

TEST(FlightSegment, LeavesOutWhatIsNoWholeLine) {
  EXPECT_EQ(read_flight_segment(flight_head(1) + "one\ntw")->lines, "one\n");
  EXPECT_EQ(read_flight_segment(flight_head(1) + "on")->lines, "");
  EXPECT_EQ(read_flight_segment(flight_head(1))->lines, "");
  EXPECT_EQ(read_flight_segment(flight_head(1) + "\n")->lines, "\n");
}

TEST(FlightSegment, IsNoneWhenItsHeadOrAByteIsWrong) {
  const std::string head = flight_head(7);
  for (const std::string& bytes :
       {""s, "\n"s, "other 1 7\n"s, head.substr(0, head.size() - 1), "reporterd flight 1 \n"s,
        "reporterd flight 1 7x\n"s, "reporterd flight 1 x\n"s, "reporterd flight 1 -7\n"s,
        "reporterd flight 1 99999999999999999999\n"s, "reporterd flight 2 7\n"s, head + "a\x7F\n",
        head + "a\tb\n", head + "\xC3\xA4\n", " " + head}) {
    EXPECT_FALSE(read_flight_segment(bytes)) << bytes;
  }
  EXPECT_TRUE(read_flight_segment(head + " ~\n")) << "the first and the last that may stand there";
}

TEST(FlightSegment, TheOlderLinesComeFirst) {
  const std::string one = flight_head(1) + "one\n";
  const std::string two = flight_head(2) + "two\n";
  EXPECT_EQ(flight_text(one, two), "one\ntwo\n");
  EXPECT_EQ(flight_text(two, one), "one\ntwo\n");
  EXPECT_EQ(flight_text("damaged", two), "two\n");
  EXPECT_EQ(flight_text(one, ""), "one\n");
  EXPECT_EQ(flight_text("", ""), "");
}

}  // namespace
}  // namespace reporterd
