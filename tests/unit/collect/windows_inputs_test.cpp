#include "daemon/collect/windows_inputs.h"

#include <gtest/gtest.h>

#include "tests/unit/collect/smbios_bytes.h"

namespace reporterd {
namespace {

HostFacts facts_of(const WindowsReadings& readings) {
  return host_facts(windows_inputs(readings));
}

std::string caption(const std::string& product_name, std::uint32_t build) {
  WindowsReadings readings;
  readings.product_name = product_name;
  readings.build = build;
  return facts_of(readings).distro;
}

TEST(WindowsInputs, TheCaptionIsTheProductsNameBehindItsMakers) {
  EXPECT_EQ(caption("Windows Server 2019 Standard", 17763),
            "Microsoft Windows Server 2019 Standard");
  EXPECT_EQ(caption("Windows Server 2025 Datacenter", 26100),
            "Microsoft Windows Server 2025 Datacenter");
  EXPECT_EQ(caption("Windows 10 Pro", 19045), "Microsoft Windows 10 Pro");
  EXPECT_EQ(caption("Microsoft Windows 10", 18362), "Microsoft Windows 10") << "so wine has it";
  EXPECT_EQ(caption("", 19045), "");
}

TEST(WindowsInputs, Windows11IsCalledSoThoughTheRegistrySays10) {
  EXPECT_EQ(caption("Windows 10 Pro", 22000), "Microsoft Windows 11 Pro");
  EXPECT_EQ(caption("Windows 11 Pro", 26100), "Microsoft Windows 11 Pro");
}

TEST(WindowsInputs, ReleaseAndIdsAreThoseOfTheSystem) {
  WindowsReadings readings;
  readings.major = 10;
  readings.build = 20348;
  readings.product_id = "00429-00521-62775-AA801";
  readings.machine_guid = "1b2c";
  const HostInputs inputs = windows_inputs(readings);
  EXPECT_EQ(inputs.machine_id, "1b2c");
  EXPECT_EQ(host_facts(inputs).serial, "00429-00521-62775-AA801");
  EXPECT_EQ(host_facts(inputs).release, "10.0.20348");
  EXPECT_EQ(host_facts(inputs).arch, "x64");
  EXPECT_EQ(host_facts(inputs).platform, "win32");
}

TEST(WindowsInputs, WithoutATableThereIsADashForTheUuid) {
  EXPECT_EQ(facts_of({}).uuid, "-");
  EXPECT_FALSE(facts_of({}).virtual_machine);
}

TEST(WindowsInputs, EachTextOfTheFirmwareTellsVirtualMachines) {
  const auto is_virtual = [](const std::string& maker, const std::string& model,
                             const std::string& serial, const std::string& version) {
    WindowsReadings readings;
    readings.bios_version = version;
    readings.smbios = smbios_raw(smbios_system(maker, model, serial, std::string(16, '\0')));
    return facts_of(readings).virtual_machine;
  };
  EXPECT_FALSE(is_virtual("Dell Inc.", "PowerEdge R640", "1", "DELL - 1"));
  EXPECT_TRUE(is_virtual("Xen", "HVM domU", "1", ""));
  EXPECT_TRUE(is_virtual("Microsoft Corporation", "Virtual Machine", "1", ""));
  EXPECT_TRUE(is_virtual("a", "b", "1", "VRTUAL - 1000831"));
  EXPECT_TRUE(is_virtual("a", "b", "VMWare-1", ""));
}

}  // namespace
}  // namespace reporterd
