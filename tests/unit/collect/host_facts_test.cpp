#include "daemon/collect/host_facts.h"

#include <gtest/gtest.h>
#include <sys/utsname.h>

#include <cstdlib>

#include "daemon/collect/instance_id.h"
#include "tests/unit/collect/test_files.h"

namespace reporterd {
namespace {

HostInputs::Interface nic(const std::string& name, const std::string& mac,
                          std::vector<HostInputs::Address> addresses) {
  return {.name = name, .mac = mac, .addresses = std::move(addresses)};
}

HostInputs::Address ip4(const std::string& text) {
  return {.text = text, .is_ip4 = true};
}

HostInputs::Address link_local(std::uint32_t scope) {
  return {.text = "fe80::1", .scope_id = scope};
}

HostInputs two_nics() {
  HostInputs inputs;
  inputs.machine = "x86_64";
  inputs.interfaces = {nic("lo", "00:00:00:00:00:00", {ip4("127.0.0.1")}),
                       nic("eth0", "AA:00:00:00:00:01", {ip4("10.0.0.1"), ip4("10.0.0.2")}),
                       nic("eth1", "aa:00:00:00:00:02", {ip4("10.1.0.1")})};
  inputs.interfaces[0].is_internal = true;
  return inputs;
}

std::string mac_of(const HostInputs& inputs) {
  const auto facts = host_facts(inputs);
  return facts.nic ? facts.nic->mac : "none";
}

TEST(HostFacts, TheRouteWithTheLowestMetricNamesTheInterface) {
  auto inputs = two_nics();
  inputs.default_routes = {
      {.interface = "eth0", .local_ip4 = {}, .has_gateway = true, .metric = 200},
      {.interface = "eth1", .local_ip4 = {}, .has_gateway = true, .metric = 100}};
  EXPECT_EQ(mac_of(inputs), "aa:00:00:00:00:02");
  inputs.default_routes[1].metric = 200;
  EXPECT_EQ(mac_of(inputs), "aa:00:00:00:00:01") << "the first of equals";
}

TEST(HostFacts, TheLastIp4OfTheInterfaceCounts) {
  auto inputs = two_nics();
  inputs.default_routes = {{.interface = "eth0", .local_ip4 = {}, .has_gateway = true}};
  EXPECT_EQ(host_facts(inputs).nic->ip4, "10.0.0.2");
}

TEST(HostFacts, ARouteWithoutGatewayOrToNoListedInterfaceIsNoInterface) {
  auto inputs = two_nics();
  inputs.default_routes = {{.interface = "eth0", .local_ip4 = {}, .has_gateway = false}};
  EXPECT_EQ(mac_of(inputs), "none");
  inputs.default_routes = {{.interface = "wlan0", .local_ip4 = {}, .has_gateway = true}};
  EXPECT_EQ(mac_of(inputs), "none");
  inputs.default_routes = {{.interface = "eth0", .local_ip4 = {}, .has_gateway = true}};
  inputs.interfaces[1].is_up = false;
  EXPECT_EQ(mac_of(inputs), "none") << "Node lists only what is up";
  EXPECT_TRUE(has_default_route(inputs));
}

TEST(HostFacts, WithoutARouteTheLowestScopeOrTheFirstExternalInterfaceIsTaken) {
  auto inputs = two_nics();
  EXPECT_FALSE(has_default_route(inputs));
  EXPECT_EQ(mac_of(inputs), "aa:00:00:00:00:01");
  inputs.interfaces[1].addresses.push_back(link_local(3));
  inputs.interfaces[2].addresses.push_back(link_local(2));
  EXPECT_EQ(mac_of(inputs), "aa:00:00:00:00:02");
  inputs.interfaces.resize(1);
  EXPECT_EQ(mac_of(inputs), "none");
}

TEST(HostFacts, WindowsTakesTheLastRouteThatHasAGateway) {
  auto inputs = two_nics();
  inputs.family = OsFamily::windows;
  inputs.default_routes = {
      {.interface = {}, .local_ip4 = "10.1.0.1", .has_gateway = true, .metric = 1},
      {.interface = {}, .local_ip4 = "10.0.0.1", .has_gateway = true, .metric = 9},
      {.interface = {}, .local_ip4 = "10.1.0.1", .has_gateway = false, .metric = 0}};
  EXPECT_EQ(mac_of(inputs), "aa:00:00:00:00:01");
}

HostFacts linux_release(const std::string& text) {
  HostInputs inputs;
  inputs.os_release = text;
  return host_facts(inputs);
}

TEST(HostFacts, ReadTheReleaseFilesAsButlerDoes) {
  const auto sles = linux_release("NAME=\"SLES\"\nVERSION=\"15-SP5\"\nVERSION_ID=\"15.5\"\n");
  EXPECT_EQ(sles.distro, "SLES");
  EXPECT_EQ(sles.release, "15-SP5");
  EXPECT_EQ(sles.codename, "");
  const auto later = linux_release("NAME=a\nVERSION_ID=1\nname = b \nVERSION_ID=2=3\n");
  EXPECT_EQ(later.distro, "b") << "keys in any case, later lines win";
  EXPECT_EQ(later.release, "2") << "up to the second '='";
  const auto brackets = linux_release("VERSION=\"1 (Two) (Three)\"\nVERSION_CODENAME=four\n");
  EXPECT_EQ(brackets.release, "1");
  EXPECT_EQ(brackets.codename, "Two");
  const auto none = linux_release("");
  EXPECT_EQ(none.distro, "unknown");
  EXPECT_EQ(none.release, "unknown");
  EXPECT_EQ(none.codename, "");
}

bool is_virtual(OsFamily family, const std::string& product, const std::string& vendor,
                const std::string& bios = "") {
  HostInputs inputs;
  inputs.family = family;
  inputs.firmware = {.uuid = {}, .product = product, .vendor = vendor, .bios = {bios}};
  return host_facts(inputs).virtual_machine;
}

TEST(HostFacts, FirmwareTellsVirtualMachines) {
  for (const auto family : {OsFamily::linux_os, OsFamily::windows}) {
    for (const char* product : {"VirtualBox", "KVM", "Virtual Machine", "Bochs", "VMware7,1"}) {
      EXPECT_TRUE(is_virtual(family, product, "")) << product;
    }
    EXPECT_TRUE(is_virtual(family, "", "VMware, Inc."));
    EXPECT_TRUE(is_virtual(family, "HVM domU", "Xen"));
    EXPECT_FALSE(is_virtual(family, "PowerEdge R640", "Dell Inc."));
    EXPECT_FALSE(is_virtual(family, "Standard PC (Q35 + ICH9, 2009)", "QEMU"));
  }
  EXPECT_TRUE(is_virtual(OsFamily::linux_os, "Droplet", ""));
  EXPECT_FALSE(is_virtual(OsFamily::windows, "Droplet", ""));
  EXPECT_TRUE(is_virtual(OsFamily::windows, "x", "y", "VRTUAL - 1000831"));
  EXPECT_FALSE(is_virtual(OsFamily::windows, "x", "y", "vrtual"));
}

TEST(HostFacts, OnLinuxDisksKernelAndProcessorTellVirtualMachinesToo) {
  HostInputs inputs;
  EXPECT_FALSE(host_facts(inputs).virtual_machine);
  inputs.disks_by_id = {"ata-QEMU", "scsi-0QEMU_QEMU_HARDDISK_drive-scsi0"};
  EXPECT_TRUE(host_facts(inputs).virtual_machine);
  inputs.disks_by_id = {};
  inputs.kernel_version = "#1-Microsoft Wed";
  EXPECT_TRUE(host_facts(inputs).virtual_machine);
  inputs.kernel_version = "#1 SMP";
  inputs.hypervisor_bit = true;
  EXPECT_TRUE(host_facts(inputs).virtual_machine);
  inputs.family = OsFamily::windows;
  EXPECT_FALSE(host_facts(inputs).virtual_machine) << "Windows is told apart by its strings";
}

TEST(HostFacts, NamesAreThoseOfNode) {
  for (const auto& [machine, arch] :
       {std::pair("x86_64", "x64"), std::pair("aarch64", "arm64"), std::pair("i686", "ia32"),
        std::pair("armv7l", "arm"), std::pair("ppc64le", "ppc64"), std::pair("riscv64", "riscv64"),
        std::pair("arm64", "arm64")}) {
    HostInputs inputs;
    inputs.machine = machine;
    EXPECT_EQ(host_facts(inputs).arch, arch);
  }
}

TEST(HostFacts, AWindowsMachineThatTellsNothingHasADashForItsUuid) {
  HostInputs inputs;
  inputs.family = OsFamily::windows;
  EXPECT_EQ(host_facts(inputs).uuid, "-");
  inputs.family = OsFamily::linux_os;
  EXPECT_EQ(host_facts(inputs).uuid, "");
}

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

// The rule of the house: what is reported is read, never asked of another program.
TEST(Collect, StartsNoProgram) {
  const auto folder = std::filesystem::path(SOURCE_DIR) / "daemon/collect";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto text = file_text(entry.path());
    for (const char* word : {"fork(", "popen(", "posix_spawn", "system(", "execv", "uv_spawn"}) {
      EXPECT_EQ(text.find(word), std::string::npos) << entry.path() << " has " << word;
    }
  }
}

}  // namespace
}  // namespace reporterd
