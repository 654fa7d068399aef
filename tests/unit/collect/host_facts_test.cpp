#include "daemon/collect/host_facts.h"

#include <gtest/gtest.h>

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
