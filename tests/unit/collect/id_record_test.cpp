#include "daemon/collect/id_record.h"

#include <gtest/gtest.h>

namespace reporterd {
namespace {

InstanceId id(const std::string& name) {
  return {.id = name, .branch = "mac"};
}

WallTime at(int minutes) {
  return wall_at(0) + std::chrono::minutes(minutes);
}

TEST(IdRecord, TheFirstComputationIsKept) {
  const auto record = update(std::nullopt, id("a"), "machine", at(1));
  EXPECT_EQ(record.current.id, "a");
  EXPECT_TRUE(record.current.was_current);
  EXPECT_EQ(record.computed_now, "a");
  EXPECT_TRUE(record.earlier.empty());
  EXPECT_EQ(record.machine, sha256_hex("machine"));
}

TEST(IdRecord, ANewAddressChangesNothingButIsRemembered) {
  auto record = update(std::nullopt, id("a"), "machine", at(1));
  record = update(record, id("b"), "machine", at(2));
  record = update(record, id("b"), "machine", at(3));
  EXPECT_EQ(record.current.id, "a");
  EXPECT_EQ(record.computed_now, "b");
  ASSERT_EQ(record.earlier.size(), 1U);
  EXPECT_EQ(record.earlier[0].id, "b");
  EXPECT_EQ(record.earlier[0].first_seen, at(2));
  EXPECT_EQ(record.earlier[0].last_seen, at(3));
  EXPECT_FALSE(record.earlier[0].was_current);
  record = update(record, id("a"), "machine", at(4));
  EXPECT_EQ(record.computed_now, "a");
  EXPECT_EQ(record.current.last_seen, at(4));
}

TEST(IdRecord, AClonedMachineStartsANewIdAndKeepsTheOldOne) {
  auto record = update(std::nullopt, id("a"), "machine", at(1));
  record = update(record, id("b"), "machine", at(2));
  record = update(record, id("b"), "clone", at(3));
  EXPECT_EQ(record.current.id, "b");
  EXPECT_TRUE(record.current.was_current);
  EXPECT_EQ(record.machine, sha256_hex("clone"));
  ASSERT_EQ(record.earlier.size(), 1U);
  EXPECT_EQ(record.earlier[0].id, "a");
  EXPECT_TRUE(record.earlier[0].was_current);
}

TEST(IdRecord, AnUnreadableMachineIdIsNoClone) {
  auto record = update(std::nullopt, id("a"), "", at(1));
  EXPECT_EQ(record.machine, "");
  record = update(record, id("b"), "machine", at(2));
  EXPECT_EQ(record.current.id, "a");
  EXPECT_EQ(record.machine, sha256_hex("machine"));
  record = update(record, id("b"), "", at(3));
  EXPECT_EQ(record.current.id, "a");
  EXPECT_EQ(record.machine, sha256_hex("machine"));
}

TEST(IdRecord, ACloneThatComputesTheSameIdKeepsIt) {
  auto record = update(std::nullopt, id("a"), "machine", at(1));
  record = update(record, id("a"), "clone", at(2));
  EXPECT_EQ(record.current.id, "a");
  EXPECT_TRUE(record.earlier.empty());
  EXPECT_EQ(record.machine, sha256_hex("clone"));
}

TEST(IdRecord, IdsThatReportsCarriedAreForgottenLast) {
  auto record = update(std::nullopt, id("a"), "machine", at(1));
  record = update(record, id("b"), "clone", at(2));
  for (int i = 0; i < 100; ++i) {
    record = update(record, id("dhcp" + std::to_string(i)), "clone", at(3 + i));
  }
  EXPECT_EQ(record.earlier.size(), 64U);
  EXPECT_EQ(record.earlier.front().id, "a");
  EXPECT_EQ(record.earlier[1].id, "dhcp37");
  EXPECT_EQ(record.earlier.back().id, "dhcp99");
}

TEST(IdRecord, IsReadBackAsWritten) {
  auto record = update(std::nullopt, id("a"), "machine", at(1));
  record = update(record, id("b"), "clone", at(2));
  record = update(record, id("c"), "clone", at(3));
  EXPECT_EQ(parse_id_record(to_json(record)), record);
  EXPECT_EQ(to_json(record).find("clone"), std::string::npos) << "no machine-id in clear";
}

TEST(IdRecord, DamageIsAnError) {
  const auto text = to_json(update(std::nullopt, id("a"), "machine", at(1)));
  for (const std::string& damaged :
       {std::string(), std::string("[]"), text.substr(0, text.size() / 2), std::string("{}"),
        std::string(R"({"current":1,"computedNow":"a","machine":"","earlier":[]})")}) {
    const auto record = parse_id_record(damaged);
    ASSERT_FALSE(record) << damaged;
    EXPECT_EQ(record.error().code, ErrorCode::corrupt);
  }
}

}  // namespace
}  // namespace reporterd
