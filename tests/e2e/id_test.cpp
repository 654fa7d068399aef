// The instance id as an owner sees it: with the service up and down, and with telemetry off.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "tests/e2e/site.h"

namespace reporterd {
namespace {

const std::string earlier_id(64, 'e');

// What `id show` tells of the first id.
Json first_id(const Site& site, const Arguments& more = {}) {
  Arguments command = {"--json", "id", "show"};
  command.insert(command.end(), more.begin(), more.end());
  const Ended shown = site.ctl(command);
  EXPECT_EQ(shown.exit, 0) << shown.output;
  return Json::parse(shown.output)["butlers"][0];
}

Arguments offline(const Site& site) {
  return {"--config", site / "reporterd.yaml", "--state-dir", site / "state"};
}

// As if the host had given another id when it was first computed.
void pretend_another_host(const Site& site, const std::string& computed) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open((site / "state/outbox.db").c_str(), &database), SQLITE_OK);
  const std::string change = "UPDATE state SET value = replace(value, '" + computed + "', '" +
                             earlier_id + "') WHERE name LIKE 'id:%'";
  EXPECT_EQ(sqlite3_exec(database, change.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_GT(sqlite3_changes(database), 0);
  sqlite3_close(database);
}

TEST(Id, IsTheSameWithTheServiceUpAndDownAndTelemetryOff) {
  for (const bool with_butler : {false, true}) {
    Site site;
    Sections sections;
    if (with_butler) {
      sections.butlers = reported(site.add_butler("butler"));
    }
    site.configure(sections);
    site.start();
    const std::string computed = first_id(site)["instanceId"];
    EXPECT_EQ(computed.size(), 64U);
    EXPECT_EQ(site.status()["instanceIds"][0]["instanceId"], computed);
    ASSERT_EQ(site.stop(), 0);
    pretend_another_host(site, computed);

    const Json down = first_id(site, offline(site));
    EXPECT_EQ(down["instanceId"], earlier_id);
    EXPECT_EQ(down["recomputed"], computed);
    site.start();
    const Json up = first_id(site);
    EXPECT_EQ(up["instanceId"], earlier_id);
    EXPECT_EQ(up["recomputed"], computed);
    EXPECT_EQ(up["earlier"], Json({computed}));
    EXPECT_NE(site.reporterd().output().find("instance id " + earlier_id), std::string::npos);
    EXPECT_EQ(site.status()["instanceIds"][0]["instanceId"], earlier_id);
    site.kill9();  // what is kept may be in the write-ahead log
    EXPECT_EQ(first_id(site, offline(site)), up);

    sections.telemetry = "enabled: false";
    site.configure(sections);
    EXPECT_EQ(first_id(site, offline(site)), up);
    site.start();
    EXPECT_EQ(first_id(site), up);
  }
}

TEST(Id, OfThisHostGoesIntoMessagesThatNameNone) {
  Site site;
  site.start();
  const std::string id = first_id(site)["instanceId"];
  site.write("message.json", R"({"data":{"service":"butler","serviceVersion":"5.1.0","system":{},)"
                             R"("enabledFeatures":{"feature":{"heartbeat":false}}}})");
  const Ended submit = site.ctl({"submit", site / "message.json"});
  EXPECT_NE(submit.output.find(id), std::string::npos) << submit.output;
  const Ended shown = site.ctl({"id", "show"});
  EXPECT_EQ(shown.output.find("This host"), 0U) << shown.output;
}

TEST(Id, ThatCannotBeReadIsSaidAndTheComputedOneIsShown) {
  Site site;
  site.configure({.butlers = reported(site.add_butler("butler"))});
  const Json none = first_id(site, offline(site));
  EXPECT_TRUE(none["instanceId"].is_null());
  EXPECT_EQ(none["recomputed"].get<std::string>().size(), 64U);
  EXPECT_NE(none["why"].get<std::string>().find("none is kept"), std::string::npos);
  site.start();
  const Json locked = first_id(site, offline(site));
  EXPECT_NE(locked["why"].get<std::string>().find("reporterd runs"), std::string::npos);
  EXPECT_EQ(locked["recomputed"], none["recomputed"]);
  EXPECT_EQ(site.submit(1), "queued");
}

TEST(Id, ThatIsKeptIsThePreviewsWithTheServiceDown) {
  Site site;
  site.configure({.butlers = reported(site.add_butler("butler"))});
  site.start();
  const std::string computed = first_id(site)["instanceId"];
  const auto preview = [&] {
    Arguments command = {"--json", "preview"};
    const Arguments more = offline(site);
    command.insert(command.end(), more.begin(), more.end());
    const Ended shown = site.ctl(command);
    EXPECT_EQ(shown.exit, 0) << shown.output;
    return Json::parse(shown.output)["butlers"][0];
  };
  const Json running = preview();
  EXPECT_EQ(running["message"]["data"]["system"]["id"], computed);
  EXPECT_NE(running["warnings"][0].get<std::string>().find("reporterd runs"), std::string::npos);
  ASSERT_EQ(site.stop(), 0);
  pretend_another_host(site, computed);
  const Json down = preview();
  EXPECT_EQ(down["message"]["data"]["system"]["id"], earlier_id);
  EXPECT_TRUE(down["warnings"].empty()) << down;
}

TEST(Id, AStateFolderWithoutAConfigurationIsAWrongUsage) {
  Site site;
  EXPECT_EQ(site.ctl({"id", "show", "--state-dir", site / "state"}).exit, 2);
}

}  // namespace
}  // namespace reporterd
