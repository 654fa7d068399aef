// The firmware's tables: what good ones say, and that no bytes do harm.
#include "daemon/collect/smbios.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/collect/smbios_bytes.h"

namespace reporterd {
namespace {

const std::string board_uuid = "C1D14D56-5A1B-4A2F-9E11-00112233AABB";
const std::string end = smbios_structure(127, "", {});

// A copy of just that size, so that a sanitizer sees a read behind it.
std::optional<SmbiosFacts> parse(const std::string& raw) {
  const std::vector<char> bytes(raw.begin(), raw.end());
  return parse_smbios({bytes.data(), bytes.size()});
}

// The number of the version's text stands behind the vendor's and its own.
std::string bios_of(const std::string& version) {
  return smbios_structure(0, std::string("\1\2", 2), {"Phoenix", version});
}

TEST(Smbios, TellsSystemAndBios) {
  const auto facts = parse(smbios_raw(
      bios_of("6.00") +
      smbios_system("VMware, Inc.", "VMware7,1 ", "VMware-56", smbios_uuid(board_uuid)) + end));
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->vendor, "VMware, Inc.");
  EXPECT_EQ(facts->product, "VMware7,1");
  EXPECT_EQ(facts->serial, "VMware-56");
  EXPECT_EQ(facts->uuid, board_uuid);
  EXPECT_EQ(facts->bios_version, "6.00");
}

TEST(Smbios, TheFirstThreeFieldsOfTheUuidAreNumbers) {
  std::string bytes;
  for (char i = 0; i < 16; ++i) {
    bytes += i;
  }
  EXPECT_EQ(parse(smbios_raw(smbios_system("", "", "", bytes)))->uuid,
            "03020100-0504-0706-0809-0A0B0C0D0E0F");
}

TEST(Smbios, TheFirstOfEachKindCountsAndNothingBehindTheEnd) {
  const auto first = smbios_system("first", "", "", smbios_uuid(board_uuid));
  const auto second = smbios_system("second", "", "", smbios_uuid(board_uuid));
  EXPECT_EQ(parse(smbios_raw(first + second))->vendor, "first");
  EXPECT_FALSE(parse(smbios_raw(bios_of("1") + end + first)));
}

TEST(Smbios, ATableWithoutASystemSaysNothing) {
  EXPECT_FALSE(parse(""));
  EXPECT_FALSE(parse(smbios_raw("")));
  EXPECT_FALSE(parse(smbios_raw(bios_of("1") + end)));
}

// Versions before 2.1 end there.
TEST(Smbios, AShortSystemHasNoUuid) {
  const auto facts = parse(smbios_raw(smbios_structure(1, "\1\2", {"maker", "model"})));
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->vendor, "maker");
  EXPECT_EQ(facts->serial, "");
  EXPECT_EQ(facts->uuid, "");
}

TEST(Smbios, ANumberOfATextThatIsNotThereIsNone) {
  const auto facts = parse(smbios_raw(smbios_structure(1, "\7\377", {"only"})));
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->vendor, "");
  EXPECT_EQ(facts->product, "");
  EXPECT_EQ(parse(smbios_raw(smbios_structure(1, std::string("\0\1", 2), {"x"})))->product, "x");
}

TEST(Smbios, TextThatIsNotUtf8IsMadeSo) {
  EXPECT_EQ(parse(smbios_raw(smbios_structure(1, "\1", {"caf\xE9"})))->vendor, "caf\xEF\xBF\xBD");
}

// A structure that names too short or too long a length ends the walk.
TEST(Smbios, LengthsThatCannotBeAreNotFollowed) {
  for (const char length : {'\0', '\1', '\3', '\x7F', '\xFF'}) {
    std::string wrong = bios_of("1");
    wrong[1] = length;
    EXPECT_FALSE(parse(smbios_raw(wrong + std::string(8, '\0')))) << int{length};
  }
}

TEST(Smbios, ATableThatEndsAnywhereOrHasAnyByteWrongDoesNoHarm) {
  const std::string whole = smbios_raw(
      bios_of("6.00") + smbios_system("maker", "model", "1", smbios_uuid(board_uuid)) + end);
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const auto facts = parse(whole.substr(0, size));
    EXPECT_TRUE(!facts || facts->uuid.empty() || facts->uuid == board_uuid) << size;
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const unsigned value : {0U, 1U, 4U, 127U, 128U, 255U}) {
      std::string wrong = whole;
      wrong[at] = static_cast<char>(value);
      const auto facts = parse(wrong);
      EXPECT_TRUE(!facts || facts->vendor.size() < 64) << at;
    }
  }
}

}  // namespace
}  // namespace reporterd
