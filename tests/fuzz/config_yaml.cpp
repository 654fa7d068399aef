// reporterd.yaml.

#include <algorithm>
#include <string>

#include "daemon/config.h"
#include "daemon/destination/http_destination.h"
#include "tests/fuzz/targets.h"

namespace reporterd::fuzz {
namespace {

const std::string file = "/etc/reporterd/reporterd.yaml";

void require_usable(const Config& config) {
  if (config.destination.url.empty()) {
    return;
  }
  const HttpSettings settings{.url = config.destination.url,
                              .data_only = config.destination.body == BodyForm::data,
                              .batch = config.destination.batch,
                              .user_agent = "reporterd",
                              .function_key = {}};
  const auto valid = validate(settings);
  require(valid.has_value(), "the destination refuses what the configuration accepts",
          valid ? "" : valid.error().what + " " + config.destination.url);
}

void require_explained(const Error& error, std::string_view text) {
  require(error.code == ErrorCode::config, "a mistake is not one of the configuration", error.what);
  require_one_line(error.what);
  require(error.what.starts_with(file + ":") && error.what.find("; allowed: ") != std::string::npos,
          "an error does not say where, or what is allowed", error.what);
  const auto lines =
      std::count(text.begin(), text.end(), '\n') + std::count(text.begin(), text.end(), '\r') + 1;
  const int line = std::atoi(error.what.c_str() + file.size() + 1);
  require(line >= 1 && line <= lines + 1, "an error names a line that is not there", error.what);
}

}  // namespace

void config_yaml(std::string_view input) {
  const auto config = parse_config(input, file);
  if (!config) {
    require_explained(config.error(), input);
    return;
  }
  require_usable(*config);
  const std::string written = to_yaml(*config);
  const auto again = parse_config(written, file);
  require(again.has_value(), "what was written cannot be read", written);
  require(*again == *config, "what was written reads as something else", written);
  require(to_yaml(*again) == written, "what was written is written in another way", written);
}

}  // namespace reporterd::fuzz
