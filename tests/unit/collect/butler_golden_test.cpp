// The recorded results of Butler's own telemetry code: values and the order of keys.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "daemon/collect/butler_config.h"
#include "daemon/collect/js_json.h"
#include "tests/unit/collect/test_files.h"

namespace reporterd {
namespace {

void compare_all(const std::string& feature_set) {
  const auto files = golden_files("butler-config", ".yaml");
  ASSERT_EQ(files.size(), 6U);
  for (const auto& file : files) {
    SCOPED_TRACE(file.filename());
    ButlerConfig config;
    config.config_file = file.string();
    config.feature_set = feature_set;
    const auto reading = read_butler(config);
    ASSERT_EQ(reading.state, ButlerReading::State::on) << reading.why;
    auto expected_file = file;
    expected_file.replace_extension(feature_set + ".expected.json");
    const auto expected = nlohmann::ordered_json::parse(file_text(expected_file));
    EXPECT_EQ(compact_json(reading.enabled_features), compact_json(expected));
    EXPECT_EQ(reading.enabled_features.dump(), compact_json(expected)) << "for any JSON printer";
  }
}

TEST(ButlerGolden, EveryConfigurationGivesWhatButler51Sends) {
  compare_all("5.1");
}

TEST(ButlerGolden, EveryConfigurationGivesWhatButler73Sends) {
  compare_all("7.3");
}

}  // namespace
}  // namespace reporterd
