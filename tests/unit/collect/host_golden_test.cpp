// Recorded operating systems: what commands printed there is put into the words of HostInputs, and
// the facts and the instance id must be those that Butler computed.

#include <gtest/gtest.h>

#include <cctype>
#include <nlohmann/json.hpp>
#include <sstream>

#include "daemon/collect/host_facts.h"
#include "daemon/collect/instance_id.h"
#include "daemon/collect/windows_inputs.h"
#include "tests/unit/collect/smbios_bytes.h"
#include "tests/unit/collect/test_files.h"

namespace reporterd {
namespace {

using Json = nlohmann::ordered_json;

std::string output_of(const Json& os, std::string_view command) {
  for (const auto& entry : os.at("commands")) {
    if (entry.at(0) == command) {
      return entry.at(1);
    }
  }
  return "";
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  return {std::istream_iterator<std::string>(in), {}};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.ends_with('\r')) {
      line.pop_back();
    }
    lines.push_back(line);
  }
  return lines;
}

// The value of the first line "<blank>LABEL<blank>SEPARATOR<blank>VALUE".
std::string field(const std::string& text, std::string_view label, char separator) {
  for (std::string line : lines_of(text)) {
    line.erase(0, line.find_first_not_of(" \t"));
    const auto at = line.find(separator);
    if (line.starts_with(label) && at != std::string::npos) {
      const auto value = line.find_first_not_of(" \t", at + 1);
      return value == std::string::npos ? "" : line.substr(value);
    }
  }
  return "";
}

std::vector<HostInputs::Interface> interfaces_of(const Json& os) {
  std::vector<HostInputs::Interface> interfaces;
  for (const auto& [name, addresses] : os.at("nics").items()) {
    HostInputs::Interface interface;
    interface.name = name;
    for (const auto& address : addresses) {
      interface.mac = address.at("mac");
      interface.is_internal = address.at("internal");
      interface.addresses.push_back({.text = address.at("address"),
                                     .is_ip4 = address.at("family") == "IPv4",
                                     .scope_id = address.value("scopeid", 0U)});
    }
    interfaces.push_back(interface);
  }
  return interfaces;
}

HostInputs linux_inputs(const Json& os) {
  HostInputs inputs;
  inputs.machine = os.at("arch");
  inputs.kernel_release = os.at("kernel");
  inputs.os_release = output_of(os, "cat /etc/*-release");
  const auto dmidecode = output_of(os, "dmidecode -t system");
  const auto files = output_of(os, "product_name: ");
  const auto either = [&](std::string_view decoded, std::string_view file) {
    const auto value = field(dmidecode, decoded, ':');
    return value.empty() ? field(files, file, ':') : value;
  };
  inputs.firmware = {.uuid = either("UUID", "product_uuid"),
                     .product = either("Product Name", "product_name"),
                     .vendor = either("Manufacturer", "sys_vendor"),
                     .bios = {}};
  inputs.disks_by_id = lines_of(output_of(os, "ls -1 /dev/disk/by-id"));
  inputs.serial = field(output_of(os, "machine-id"), "os", ':');
  for (const auto& line : lines_of(output_of(os, "ip route"))) {
    const auto words = words_of(line);
    const auto after = [&](std::string_view word) {
      const auto at = std::ranges::find(words, word);
      return at == words.end() ? std::string() : *std::next(at);
    };
    if (words.at(0) == "default") {
      inputs.default_routes.push_back({.interface = after("dev"),
                                       .local_ip4 = {},
                                       .has_gateway = !after("via").empty(),
                                       .metric = 0});
    }
  }
  return inputs;
}

// As the registry and the firmware have what these commands print.
HostInputs recorded_windows(const Json& os) {
  WindowsReadings readings;
  char dot = '.';
  std::istringstream(os.at("kernel").get<std::string>()) >> readings.major >> dot >>
      readings.minor >> dot >> readings.build;
  const auto system = output_of(os, "wmic os get /value");
  readings.product_name = field(system, "Caption", '=').substr(std::string("Microsoft ").size());
  readings.product_id = field(system, "SerialNumber", '=');
  const auto product = output_of(os, "wmic csproduct get");
  readings.smbios =
      smbios_raw(smbios_system(field(product, "Vendor", '='), field(product, "Name", '='), "",
                               smbios_uuid(field(product, "UUID", '='))));
  HostInputs inputs = windows_inputs(readings);
  for (const auto& line : lines_of(output_of(os, "netstat -r"))) {
    const auto words = words_of(line);
    if (words.size() == 5 && words[0] == "0.0.0.0" && words[1] == "0.0.0.0") {
      inputs.default_routes.push_back({.interface = {},
                                       .local_ip4 = words[3],
                                       .has_gateway = std::isdigit(words[2].front()) != 0,
                                       .metric = 0});
    }
  }
  return inputs;
}

HostInputs inputs_of(const Json& os) {
  HostInputs inputs = os.at("platform") == "linux" ? linux_inputs(os) : recorded_windows(os);
  inputs.interfaces = interfaces_of(os);
  inputs.mem_total = os.at("memTotal");
  return inputs;
}

TEST(HostGolden, EveryMachineGivesTheFactsAndTheIdThatButlerComputed) {
  const auto files = golden_files("host", ".json");
  ASSERT_EQ(files.size(), 9U);
  for (const auto& file : files) {
    SCOPED_TRACE(file.filename());
    const auto golden = Json::parse(file_text(file));
    const auto facts = host_facts(inputs_of(golden.at("os")));
    const auto& expected = golden.at("expected").at("5.1");
    const auto& system = expected.at("system");
    EXPECT_EQ(Json(facts.arch), system.at("arch"));
    EXPECT_EQ(Json(facts.platform), system.at("platform"));
    EXPECT_EQ(Json(facts.release), system.at("release"));
    EXPECT_EQ(Json(facts.distro), system.at("distro"));
    EXPECT_EQ(Json(facts.codename), system.at("codename"));
    EXPECT_EQ(Json(facts.virtual_machine), system.at("virtual"));
    EXPECT_EQ(Json(facts.uuid), expected.at("inputs").at("uuid"));
    EXPECT_EQ(Json(facts.serial), expected.at("inputs").at("serial"));
    EXPECT_EQ(Json(facts.mem_total), expected.at("inputs").at("memTotal"));

    const auto& id_column = system.at("id").is_null() ? golden.at("expected").at("14") : expected;
    const std::string host = golden.at("senseHost");
    const auto inputs = id_inputs(facts, host);
    EXPECT_EQ(Json(inputs.source), id_column.at("idSrc"));
    EXPECT_EQ(Json(inputs.key), id_column.at("hmacKey"));
    EXPECT_EQ(Json(inputs.branch), id_column.at("branch"));
    EXPECT_EQ(Json(compute_instance_id(facts, host).id), id_column.at("system").at("id"));
  }
}

}  // namespace
}  // namespace reporterd
