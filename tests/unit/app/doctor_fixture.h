#pragma once
// An installation that doctor looks at: real files, a real outbox.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "daemon/doctor.h"
#include "daemon/file_access.h"
#include "daemon/path.h"
#include "store/sqlite_outbox.h"
#include "tests/support/temp_folder.h"

namespace reporterd {

using Level = Finding::Level;

const WallTime noon = wall_at(1'800'000'000'000'000);

// As the installation does it on this system.
void make_private_folder(const std::string& folder);

class DoctorTest : public testing::Test {
 protected:
  DoctorTest() {
    make_private_folder(state_);
    write("reporterd.yaml", "telemetry: { noticePeriod: 0s }\n");
    EXPECT_TRUE(close_to_others(config_file_, Readers::owner));
    auto outbox = SqliteOutbox::open(outbox_file(state_), {}, noon);
    EXPECT_TRUE(outbox) << outbox.error().what;
    Writer::Work work = [](Outbox& box) {
      box.append({{std::string(64, 'a'), noon}, "{}", "", ""}, {instant_at(1000), noon});
    };
    EXPECT_TRUE((*outbox)->transact(std::span(&work, 1), {1000, 1000, "boot"}));
    EXPECT_TRUE((*outbox)->close({1000, 1000, "boot"}));
  }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path_of(folder_ / name)) << text;
  }

  // So that SQLite calls the file damaged.
  void damage() const {
    std::fstream file(path_of(outbox_file(state_)),
                      std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096 + 3);
    file << std::string(4, '\xff');
  }

  // The problems that it tells, one a line.
  std::string problems() const {
    std::string all;
    for (const Finding& finding : look()) {
      all += finding.level == Level::problem ? finding.text + "\n" : "";
    }
    return all;
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

}  // namespace reporterd
