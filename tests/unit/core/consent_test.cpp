#include "daemon/core/consent.h"

#include <gtest/gtest.h>

namespace reporterd {
namespace {

TEST(Consent, DoNotTrackSwitchesOffUnlessItIsEmptyZeroOrFalse) {
  for (const char* off : {"1", "true", "yes", "anything", "00", "fals", "falsey"}) {
    const Consent consent = consent_of_service(true, off);
    EXPECT_EQ(consent.decision, Decision::off) << off;
    EXPECT_EQ(consent.layer, "DO_NOT_TRACK");
  }
  for (const char* on : {"", "0", "false", "FALSE", "False"}) {
    EXPECT_EQ(consent_of_service(true, on).decision, Decision::on) << on;
  }
  EXPECT_EQ(consent_of_service(true, std::nullopt).decision, Decision::on);
}

TEST(Consent, TheConfigurationSwitchesOff) {
  const Consent consent = consent_of_service(false, std::nullopt);
  EXPECT_EQ(consent.decision, Decision::off);
  EXPECT_EQ(consent.layer, "telemetry.enabled");
}

TEST(Consent, AButlersOwnSwitchCountsOnlyWhenItIsFollowed) {
  const Consent on = consent_of_service(true, std::nullopt);
  const Consent own{Decision::off, "Butler.anonTelemetry", "false"};
  EXPECT_EQ(consent_of_butler(on, true, own), own);
  EXPECT_EQ(consent_of_butler(on, false, own).decision, Decision::on);
}

TEST(Consent, OffForTheServiceIsOffForEveryButler) {
  const Consent off = consent_of_service(false, std::nullopt);
  const Consent own{Decision::on, "Butler.anonTelemetry", "true"};
  EXPECT_EQ(consent_of_butler(off, true, own), off);
  EXPECT_EQ(consent_of_butler(off, false, own), off);
}

}  // namespace
}  // namespace reporterd
