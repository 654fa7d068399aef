// What doctor finds in files, and what it mends. Real files, a real outbox.
#include "daemon/doctor.h"

#include <filesystem>
#include <string>
#include <vector>

#include "tests/unit/app/doctor_fixture.h"

namespace reporterd {
namespace {

using Doctor = DoctorTest;

TEST_F(Doctor, FindsNoProblemWhereThereIsNone) {
  for (const Finding& finding : look()) {
    EXPECT_NE(finding.level, Level::problem) << finding.about << ": " << finding.text;
  }
  EXPECT_EQ(found(look(), "outbox", Level::ok),
            "every page is sound, the ledger balances; messages waiting: 1");
}

TEST_F(Doctor, NamesTheLineThatIsWrongInTheConfiguration) {
  write("reporterd.yaml", "telemetry:\n  enabledd: true\n");
  EXPECT_NE(found(look(), "configuration", Level::problem).find("reporterd.yaml:2"),
            std::string::npos);
}

TEST_F(Doctor, LeavesADamagedOutboxAsItIsUnlessItIsToRepairIt) {
  damage();
  EXPECT_NE(found(look(), "damage", Level::problem).find("salvaged"), std::string::npos);
  const auto count_files = [this] {
    const std::filesystem::directory_iterator begin(path_of(state_));
    return std::distance(begin, std::filesystem::directory_iterator());
  };
  const auto files = count_files();
  look();
  EXPECT_EQ(count_files(), files);

  const std::vector<Finding> repaired = look(/*repair=*/true);
  EXPECT_EQ(found(repaired, "repair", Level::ok),
            "the damaged outbox is set aside; messages salvaged: 1, lost: 0");
  EXPECT_EQ(found(repaired, "damage", Level::problem), "");
  EXPECT_NE(found(repaired, "outbox", Level::warning).find("outbox.db.damaged-"),
            std::string::npos);
}

TEST_F(Doctor, RepairsNothingWhileTheServiceRuns) {
  const auto running = SqliteOutbox::open(outbox_file(state_), {}, noon);
  ASSERT_TRUE(running);
  EXPECT_NE(found(look(/*repair=*/true), "outbox", Level::warning).find("reporterd runs"),
            std::string::npos);
}

TEST_F(Doctor, TellsThatAButlerSendsForItselfAsWell) {
  for (const char* own_switch : {"true", "false", "["}) {
    write("butler.yaml", std::string("Butler:\n  anonTelemetry: ") + own_switch + "\n");
    write("reporterd.yaml", "butlers: [{ configFile: butler.yaml }]\n");
    const std::vector<Finding> findings = look();
    const bool sends = own_switch == std::string("true");
    const bool readable = own_switch != std::string("[");
    EXPECT_EQ(
        found(findings, "Butler 1", Level::warning).find("arrives twice") != std::string::npos,
        sends);
    EXPECT_EQ(found(findings, "Butler 1", Level::problem).empty(), readable);
  }
}

TEST(DoctorsClock, IsDoubtedWhenItIsTooEarlyOrWentBack) {
  EXPECT_EQ(diagnose_clock(noon, std::nullopt).level, Level::ok);
  EXPECT_EQ(diagnose_clock(noon, noon + std::chrono::seconds(30)).level, Level::ok);
  EXPECT_EQ(diagnose_clock(noon, noon + std::chrono::hours(1)).level, Level::warning);
  EXPECT_EQ(diagnose_clock(wall_at(1'000'000'000'000'000), std::nullopt).level, Level::problem);
}

TEST(DoctorsOutbox, IsNamedFullBeforeItIsAndItsLossesAreTold) {
  Examination found;
  found.bytes_used = 89;
  EXPECT_EQ(diagnose_outbox(found, 100).size(), 1U);
  found.bytes_used = 91;
  EXPECT_EQ(diagnose_outbox(found, 100).back().level, Level::warning);
  found.ledger.lost = 2;
  EXPECT_EQ(diagnose_outbox(found, 1000).back().text, "messages lost to damage so far: 2");
  found.wrong_waiting = 3;
  EXPECT_EQ(diagnose_outbox(found, 1000).front().level, Level::problem);
}

}  // namespace
}  // namespace reporterd
