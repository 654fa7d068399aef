// What doctor finds in files, and what it mends. Real files, a real outbox.
#include "daemon/doctor.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "store/sqlite_outbox.h"
#include "tests/support/temp_folder.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;
using Level = Finding::Level;

const WallTime noon = wall_at(1'800'000'000'000'000);

class Doctor : public testing::Test {
 protected:
  Doctor() {
    fs::create_directory(state_);
    fs::permissions(state_, fs::perms::owner_all);
    write("reporterd.yaml", "telemetry: { noticePeriod: 0s }\n");
    fs::permissions(config_file_, fs::perms::owner_read | fs::perms::owner_write);
    auto outbox = SqliteOutbox::open(outbox_file(state_), {}, noon);
    EXPECT_TRUE(outbox) << outbox.error().what;
    Writer::Work work = [](Outbox& box) {
      box.append({{std::string(64, 'a'), noon}, "{}", "", ""}, {instant_at(1000), noon});
    };
    EXPECT_TRUE((*outbox)->transact(std::span(&work, 1), {1000, 1000, "boot"}));
    EXPECT_TRUE((*outbox)->close({1000, 1000, "boot"}));
  }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }

  // So that SQLite calls the file damaged.
  void damage() const {
    std::fstream file(outbox_file(state_), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096 + 3);
    file << std::string(4, '\xff');
  }

  std::vector<Finding> look(bool repair = false) const {
    return diagnose_offline({"service", Level::ok, ""}, config_file_, state_, repair, noon);
  }

  // What it says about one thing and above this level; "" : nothing.
  static std::string found(const std::vector<Finding>& findings, const std::string& about,
                           Level level) {
    for (const Finding& finding : findings) {
      if (finding.about == about && finding.level == level) {
        return finding.text;
      }
    }
    return "";
  }

  TempFolder folder_;
  std::string state_ = folder_ / "state";
  std::string config_file_ = folder_ / "reporterd.yaml";
};

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

TEST_F(Doctor, NamesFilesThatAreOpenToOthersAndClosesThem) {
  write("key", "secret\n");
  write("reporterd.yaml", "destination: { functionKeyFile: key }\n");
  fs::permissions(outbox_file(state_), fs::perms::group_read | fs::perms::others_read,
                  fs::perm_options::add);
  fs::permissions(config_file_, fs::perms::others_write, fs::perm_options::add);
  fs::permissions(folder_ / "key", fs::perms::others_read, fs::perm_options::add);
  std::string all;
  for (const Finding& finding : look()) {
    all += finding.level == Level::problem ? finding.text + "\n" : "";
  }
  EXPECT_NE(all.find("chmod g-r,o-r '" + outbox_file(state_)), std::string::npos) << all;
  EXPECT_NE(all.find("chmod o-w '" + config_file_), std::string::npos) << all;
  EXPECT_NE(all.find("chmod o-r '" + (folder_ / "key")), std::string::npos) << all;

  look(/*repair=*/true);
  EXPECT_EQ(found(look(), "permissions", Level::problem), "");
  EXPECT_EQ(fs::status(outbox_file(state_)).permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(Doctor, LeavesADamagedOutboxAsItIsUnlessItIsToRepairIt) {
  damage();
  EXPECT_NE(found(look(), "damage", Level::problem).find("salvaged"), std::string::npos);
  const auto files = std::distance(fs::directory_iterator(state_), fs::directory_iterator());
  look();
  EXPECT_EQ(std::distance(fs::directory_iterator(state_), fs::directory_iterator()), files);

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
