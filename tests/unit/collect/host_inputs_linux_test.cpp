// What is read of this Linux.
#include <gtest/gtest.h>
#include <sys/utsname.h>

#include <cstdlib>

#include "daemon/collect/host_facts.h"
#include "daemon/collect/instance_id.h"
#include "tests/unit/collect/test_files.h"

namespace reporterd {
namespace {

TEST(HostInputs, OfThisMachineAreSane) {
  const auto inputs = read_host_inputs();
  utsname name = {};
  ASSERT_EQ(::uname(&name), 0);
  EXPECT_EQ(inputs.family, OsFamily::linux_os);
  EXPECT_EQ(inputs.machine, name.machine);
  EXPECT_EQ(inputs.kernel_release, name.release);
  EXPECT_GT(inputs.mem_total, 16U << 20);
  ASSERT_TRUE(inputs.firmware);
  for (const auto& interface : inputs.interfaces) {
    EXPECT_EQ(interface.mac.size(), 17U) << interface.name;
    EXPECT_FALSE(interface.addresses.empty()) << interface.name;
    EXPECT_FALSE(interface.addresses.front().text.empty()) << interface.name;
  }
  for (const auto& route : inputs.default_routes) {
    EXPECT_TRUE(route.interface.empty() || std::ranges::count(inputs.interfaces, route.interface,
                                                              &HostInputs::Interface::name) == 1)
        << route.interface;
  }
  EXPECT_EQ(read_host_inputs().interfaces.size(), inputs.interfaces.size());
  EXPECT_EQ(compute_instance_id(host_facts(inputs), "h").id.size(), 64U);
}

// /proc/net/route is a second opinion on what the netlink reader found.
TEST(HostInputs, DefaultRoutesAreThoseOfTheKernelsTable) {
  std::ifstream table("/proc/net/route");
  if (!table) {
    GTEST_SKIP() << "no /proc/net/route";
  }
  std::vector<std::string> expected;
  std::string line;
  std::getline(table, line);
  while (std::getline(table, line)) {
    std::istringstream words(line);
    std::string name;
    std::string destination;
    std::string gateway;
    std::string flags;
    std::string skipped;
    std::string mask;
    words >> name >> destination >> gateway >> flags >> skipped >> skipped >> skipped >> mask;
    if (destination == "00000000" && mask == "00000000") {
      expected.push_back(name + (gateway == "00000000" ? "" : " gateway"));
    }
  }
  std::vector<std::string> found;
  for (const auto& route : read_host_inputs().default_routes) {
    found.push_back(route.interface + (route.has_gateway ? " gateway" : ""));
  }
  EXPECT_EQ(found, expected);
}

HostInputs inputs_with_credential(const std::string& product_uuid) {
  const Folder folder;
  folder.write("product_uuid", product_uuid);
  EXPECT_EQ(::setenv("CREDENTIALS_DIRECTORY", (folder / "").c_str(), 1), 0);
  auto inputs = read_host_inputs();
  ::unsetenv("CREDENTIALS_DIRECTORY");
  return inputs;
}

TEST(HostInputs, TheCredentialGivesTheSystemUuid) {
  const auto inputs = inputs_with_credential("4C4C4544-0042-3510-8054-B4C04F4D3032\n");
  EXPECT_EQ(inputs.firmware->uuid, "4C4C4544-0042-3510-8054-B4C04F4D3032");
  EXPECT_EQ(host_facts(inputs).uuid, "4c4c4544-0042-3510-8054-b4c04f4d3032");
}

TEST(HostInputs, ACredentialThatIsUnavailableIsNoUuid) {
  EXPECT_EQ(inputs_with_credential("unavailable").firmware->uuid, "");
}

}  // namespace
}  // namespace reporterd
