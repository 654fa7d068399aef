#include "daemon/collect/instance_id.h"

#include <gtest/gtest.h>

namespace reporterd {
namespace {

constexpr const char* uuid = "4c4c4544-0042-3510-8054-b4c04f4d3032";
constexpr const char* docker_mac = "02:42:ac:11:00:02";
constexpr std::uint64_t memory = 17179869184;
constexpr const char* os_number = "3d1219c7c4c5404aaa1f6d2a48adfda4";

HostFacts with_nic(const char* mac, const char* ip4, const char* system_uuid) {
  HostFacts facts;
  facts.nic = DefaultNic{.mac = mac, .ip4 = ip4};
  facts.uuid = system_uuid;
  facts.serial = os_number;
  facts.mem_total = memory;
  return facts;
}

HostFacts without_nic(const char* os_serial) {
  HostFacts facts;
  facts.uuid = uuid;
  facts.serial = os_serial;
  facts.mem_total = memory;
  return facts;
}

struct Vector {
  const char* name;
  HostFacts facts;
  const char* host;
  const char* branch;
  const char* id;
};

TEST(InstanceId, EveryRecordedIdIsComputedAgain) {
  const char* sense = "sense.example.com";
  const Vector vectors[] = {
      {"plain", with_nic(docker_mac, "172.17.0.2", uuid), sense, "mac",
       "375b9834f7c48a44cf5428e44e2f1b9b1fe58f028914453a2af77f71556bce82"},
      {"uuid empty", with_nic(docker_mac, "172.17.0.2", ""), sense, "mac",
       "593e98f8b0426e6b8acee41bcd38ccfe3faf613a76ef3b5093dbb2b4de41ad55"},
      {"uuid dash", with_nic("00:50:56:aa:bb:cc", "10.1.2.3", "-"), sense, "mac",
       "da051504d331a041b6ffa8dd82d2a0b867241374d832020aeba33c5f6d322091"},
      {"no ip4", with_nic(docker_mac, "", uuid), sense, "mac",
       "07a5b8107921e87f8fb67c8b4105f5ab2e61b9bf9ad5e3d18bb309d1c95b4b28"},
      {"host not ASCII", with_nic(docker_mac, "172.17.0.2", uuid), "sänse.örebro.se", "mac",
       "ead7a9fbd1167b3405f33469d6dbd4ce3887d93d12ca96e2424a0931c5c92d12"},
      {"empty mac", with_nic("", "10.8.0.2", uuid), sense, "mac",
       "8979a985b30dc9a4d7bff365875c43535a7a7e47cd83b069d7e120b6e537b631"},
      {"zero mac", with_nic("00:00:00:00:00:00", "10.8.0.2", uuid), sense, "mac",
       "ffa94883516b5f61f620e42be6d064069f17184528018c0fd3cdda664bb3c034"},
      {"no nic", without_nic(os_number), sense, "serial",
       "4564f0f49d3ed321023768e93421ad1d9b01425796a9700e3c3de2e780b91d8b"},
      {"no nic, no serial", without_nic(""), sense, "memTotal",
       "7f2a4abbf18a993a3d96801eefd4aae6d69827ec635f39210bbb65ea9515e1ff"},
      {"no nic, unknown serial", without_nic("unknown"), sense, "memTotal",
       "7f2a4abbf18a993a3d96801eefd4aae6d69827ec635f39210bbb65ea9515e1ff"},
      {"system information disabled", with_nic("00:00:00:00:00:00", "127.0.0.1", "disabled"), sense,
       "mac", "fe50383d9f08cb69bfa04392ed608d7c799f648ee3422130f15b8687a64dcab4"},
  };
  for (const auto& vector : vectors) {
    SCOPED_TRACE(vector.name);
    const auto computed = compute_instance_id(vector.facts, vector.host);
    EXPECT_EQ(computed.id, vector.id);
    EXPECT_EQ(computed.branch, vector.branch);
  }
}

TEST(InstanceId, TheKeyAndTheSourceOf124AreHashedAlike) {
  EXPECT_EQ(hmac_sha256_hex("17179869184_", std::string(os_number) + "sense.example.com" + uuid),
            "4564f0f49d3ed321023768e93421ad1d9b01425796a9700e3c3de2e780b91d8b");
}

TEST(InstanceId, AMachineThatTellsNothingStillHasAnId) {
  HostFacts facts;
  facts.release = "unknown";
  const auto inputs = id_inputs(facts, "host");
  EXPECT_EQ(inputs.key, "fallback_");
  EXPECT_EQ(inputs.source, "host");
  EXPECT_EQ(inputs.branch, "none");
  facts.release = "12";
  EXPECT_EQ(id_inputs(facts, "host").source, "12host");
}

TEST(InstanceId, Sha256IsThatOfTheStandard) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace reporterd
