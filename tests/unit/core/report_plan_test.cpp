#include "daemon/core/report_plan.h"

#include <gtest/gtest.h>

namespace reporterd {
namespace {

using std::chrono::hours;

const Now start{instant_at(100'000'000), wall_at(1'700'000'000'000'000)};
const ReportSettings settings;
const Millis spread{7};

ReportMark mark(Millis ago) {
  return {start.observed - ago, start.wall - ago, "same"};
}

TEST(ReportPlan, TheFirstReportEverIsOwedAtStart) {
  EXPECT_EQ(first_report_due(std::nullopt, "x", start, settings, spread), start.observed + spread);
}

TEST(ReportPlan, ARestartWithinTheIntervalKeepsTheSchedule) {
  EXPECT_EQ(first_report_due(mark(hours(5)), "same", start, settings, spread),
            start.observed + hours(7));
}

TEST(ReportPlan, WhenTheIntervalIsOverOneIsOwedAtStart) {
  EXPECT_EQ(first_report_due(mark(hours(12)), "same", start, settings, spread),
            start.observed + spread);
  ReportMark last = mark(hours(12) - Millis(1));
  EXPECT_EQ(first_report_due(last, "same", start, settings, spread), start.observed + Millis(1));
  last.ts = start.wall - hours(12);
  EXPECT_EQ(first_report_due(last, "same", start, settings, spread), start.observed + spread);
}

TEST(ReportPlan, AMachineWhoseCalendarStoodStillOwesOneAtStart) {
  ReportMark last = mark(hours(72));
  last.ts = start.wall - hours(1);
  EXPECT_EQ(first_report_due(last, "same", start, settings, spread), start.observed + spread);
}

TEST(ReportPlan, AChangedContentIsReportedAtStart) {
  EXPECT_EQ(first_report_due(mark(hours(5)), "other", start, settings, spread),
            start.observed + spread);
}

TEST(ReportPlan, AMachineThatWasOffForDaysOwesOneAtStart) {
  ReportMark last = mark(hours(1));
  last.ts = start.wall - hours(72);
  EXPECT_EQ(first_report_due(last, "same", start, settings, spread), start.observed + spread);
}

TEST(ReportPlan, AWallClockThatWentBackDoesNotDelayTheNextReport) {
  ReportMark last = mark(hours(5));
  last.ts = start.wall + hours(24 * 365);
  EXPECT_EQ(first_report_due(last, "same", start, settings, spread), start.observed + hours(7));
}

TEST(ReportPlan, TsIsTheNextFreeMillisecond) {
  const WallTime now = wall_at(5'000'900);
  EXPECT_EQ(next_ts(std::nullopt, now), wall_at(5'000'000));
  EXPECT_EQ(next_ts(ReportMark{{}, wall_at(5'000'000), ""}, now), wall_at(5'001'000));
  EXPECT_EQ(next_ts(ReportMark{{}, wall_at(1'000'000), ""}, now), wall_at(5'000'000));
  EXPECT_EQ(next_ts(ReportMark{{}, wall_at(9'000'000), ""}, now), wall_at(9'001'000));
}

TEST(ReportPlan, AMarkIsReadBackAndNonsenseIsNone) {
  const ReportMark last = mark(hours(5));
  EXPECT_EQ(mark_from_json(to_json(last)), last);
  EXPECT_EQ(mark_from_json("[]"), std::nullopt);
  EXPECT_EQ(mark_from_json("{\"made\":\"x\"}"), std::nullopt);
  EXPECT_EQ(mark_from_json(std::nullopt), std::nullopt);
}

}  // namespace
}  // namespace reporterd
