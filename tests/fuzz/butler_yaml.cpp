// Butler's configuration: up to three layers, divided by lines of `%%%`.

#include <array>
#include <string>
#include <vector>

#include "daemon/collect/butler_config.h"
#include "daemon/collect/report.h"
#include "daemon/core/message.h"
#include "daemon/core/timestamp.h"
#include "tests/fuzz/targets.h"

namespace reporterd::fuzz {
namespace {

const WallTime now = *parse_ts("2026-03-04T00:00:00Z");
const std::string folder = "/opt/butler/config/";
// Main file first, so that an input without a divider is that.
constexpr std::array<const char*, 3> names = {"production.yaml", "local.yaml",
                                              "local-production.yaml"};

std::vector<YamlLayer> layers_of(std::string_view input) {
  constexpr std::string_view divider = "\n%%%\n";
  std::vector<YamlLayer> layers;
  for (const char* name : names) {
    const std::size_t end = input.find(divider);
    layers.push_back({folder + name, std::string(input.substr(0, end))});
    if (end == std::string_view::npos) {
      break;
    }
    input.remove_prefix(end + divider.size());
  }
  return layers;
}

HostFacts some_host() {
  HostFacts facts;
  facts.arch = "x64";
  facts.platform = "linux";
  facts.release = "12";
  facts.distro = "Debian GNU/Linux";
  facts.codename = "bookworm";
  return facts;
}

// Whatever was read, the message that it makes has only what may leave.
void require_report(const ButlerReading& reading) {
  static MessageCheck check(MessageLimits{});
  const std::string message = make_report(some_host(), reading, std::string(64, 'a'), now);
  const auto checked = check.check(message, {}, now);
  require(checked.has_value(), "a report does not pass the message check", message);
  require(checked->body == message, "a report is not in its stored form", message);
}

bool tell_the_same(const ButlerReading& a, const ButlerReading& b) {
  return a.state == b.state && a.qrs_host == b.qrs_host && a.log_directory == b.log_directory &&
         a.enabled_features == b.enabled_features && a.withheld == b.withheld;
}

}  // namespace

void butler_yaml(std::string_view input) {
  std::vector<YamlLayer> layers = layers_of(input);
  for (const char* feature_set : {"5.1", "7.3"}) {
    const ButlerConfig config{.config_file = layers.front().file, .feature_set = feature_set};
    const ButlerReading reading = interpret(layers, config);
    require_one_line(reading.why);
    for (const std::string& warning : reading.warnings) {
      require_one_line(warning);
    }
    for (const std::string& path : reading.withheld) {
      require_one_line(path);
    }
    if (reading.state == ButlerReading::State::unknown) {
      require(!reading.why.empty(), "unknown without a reason");
      require(reading.enabled_features.is_null(), "features of what could not be read");
      continue;
    }
    require_report(reading);
    std::vector<YamlLayer> doubled = layers;
    doubled.push_back({folder + "again.yaml", layers.back().text});
    require(tell_the_same(reading, interpret(doubled, config)),
            "a layer laid over itself tells something else");
  }
}

}  // namespace reporterd::fuzz
