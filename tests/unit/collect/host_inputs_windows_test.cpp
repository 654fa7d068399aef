// What is read of this Windows, which may be wine's.
#include <gtest/gtest.h>

#include "daemon/collect/host_facts.h"
#include "daemon/collect/instance_id.h"
#include "tests/unit/collect/test_files.h"

namespace reporterd {
namespace {

TEST(HostInputs, OfThisMachineAreSane) {
  const auto inputs = read_host_inputs();
  EXPECT_EQ(inputs.family, OsFamily::windows);
  EXPECT_EQ(inputs.machine, "x64");
  EXPECT_TRUE(inputs.kernel_release.starts_with("10.0.")) << inputs.kernel_release;
  EXPECT_TRUE(inputs.caption.starts_with("Microsoft Windows ")) << inputs.caption;
  EXPECT_GT(inputs.mem_total, 16U << 20);
  EXPECT_EQ(inputs.machine_id.size(), 36U) << inputs.machine_id;
  EXPECT_FALSE(inputs.serial.empty());
  ASSERT_TRUE(inputs.firmware);
  EXPECT_EQ(inputs.firmware->uuid.size(), 36U) << inputs.firmware->uuid;
  EXPECT_EQ(compute_instance_id(host_facts(inputs), "h").id.size(), 64U);
}

TEST(HostInputs, OfThisMachinesNetworkFitTogether) {
  const auto inputs = read_host_inputs();
  ASSERT_FALSE(inputs.interfaces.empty());
  EXPECT_TRUE(std::ranges::any_of(inputs.interfaces, &HostInputs::Interface::is_internal));
  std::vector<std::string> addresses;
  for (const auto& interface : inputs.interfaces) {
    EXPECT_EQ(interface.mac.size(), 17U) << interface.name;
    EXPECT_FALSE(interface.name.empty());
    for (const auto& address : interface.addresses) {
      EXPECT_FALSE(address.text.empty()) << interface.name;
      addresses.push_back(address.text);
    }
  }
  for (const auto& route : inputs.default_routes) {
    EXPECT_EQ(std::ranges::count(addresses, route.local_ip4), 1) << route.local_ip4;
  }
}

}  // namespace
}  // namespace reporterd
