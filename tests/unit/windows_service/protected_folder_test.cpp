#include "windows-service/protected_folder.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <windows.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "daemon/path.h"
#include "daemon/security_windows.h"
#include "tests/support/temp_folder.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

// How Windows makes the SID of a service from its name in capitals.
std::string sid_of_service(const std::u16string& capitals) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_Digest(capitals.data(), capitals.size() * sizeof(char16_t), digest.data(), &length,
             EVP_sha1(), nullptr);
  std::string sid = "S-1-5-80";
  for (unsigned at = 0; at < length; at += sizeof(std::uint32_t)) {
    std::uint32_t part = 0;
    std::memcpy(&part, &digest[at], sizeof part);
    sid += "-" + std::to_string(part);
  }
  return sid;
}

TEST(ProtectedFolder, TheServicesSidIsTheOneWindowsMakes) {
  EXPECT_EQ(sid_of_service(u"TRUSTEDINSTALLER"),
            "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464");
  EXPECT_EQ(sid_of_service(u"REPORTERD"), narrow(service_sid));
}

// wine keeps a file's rights as Linux has them, so they cannot be read back from a folder: what is
// given to the system is looked at instead.
TEST(ProtectedFolder, NobodyIsNamedButTheSystemAdministratorsAndOneMore) {
  for (const wchar_t* access : {access_of_owner, access_of_configuration, access_of_state}) {
    const LocalMemory<void> made = descriptor_of(access);
    ASSERT_TRUE(made);
    SECURITY_DESCRIPTOR_CONTROL control = 0;
    DWORD revision = 0;
    GetSecurityDescriptorControl(made.get(), &control, &revision);
    EXPECT_NE(control & SE_DACL_PROTECTED, 0) << "nothing comes from the folder above";
    ACL* const list = list_in(made.get());
    ASSERT_NE(list, nullptr);
    ASSERT_EQ(list->AceCount, 3);
    const auto entry = [list](DWORD place) {
      void* found = nullptr;
      GetAce(list, place, &found);
      return static_cast<ACCESS_ALLOWED_ACE*>(found);
    };
    EXPECT_NE(IsWellKnownSid(&entry(0)->SidStart, WinLocalSystemSid), 0);
    EXPECT_NE(IsWellKnownSid(&entry(1)->SidStart, WinBuiltinAdministratorsSid), 0);
    const ACCESS_ALLOWED_ACE* const last = entry(2);
    EXPECT_EQ(text_of(&entry(2)->SidStart), access == access_of_owner ? L"S-1-3-4" : service_sid);
    EXPECT_EQ(last->Header.AceFlags, OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE);
    const ACCESS_MASK change_rights = WRITE_DAC | WRITE_OWNER;
    if (access != access_of_owner) {
      EXPECT_EQ(last->Mask & change_rights, 0U) << "the service cannot let others in";
    }
    const ACCESS_MASK write = FILE_WRITE_DATA | FILE_APPEND_DATA | DELETE;
    EXPECT_EQ((last->Mask & write) != 0, access != access_of_configuration);
    EXPECT_NE(last->Mask & FILE_READ_DATA, 0U);
  }
}

TEST(ProtectedFolder, IsMadeOnceAndItsParentIsNot) {
  const TempFolder folder;
  const std::string name = name_of(folder.path() / "st\u00e4te");
  EXPECT_EQ(make_protected_folder(name, access_of_state).value(), true);
  EXPECT_EQ(make_protected_folder(name, access_of_state).value(), false);
  EXPECT_TRUE(fs::is_directory(path_of(name)));
  const auto deep = make_protected_folder(name + "\\no\\such", access_of_state);
  ASSERT_FALSE(deep);
  EXPECT_NE(deep.error().what.find(name), std::string::npos);
}

TEST(ProtectedFolder, AFileInItsPlaceIsNamedAndLeftAlone) {
  const TempFolder folder;
  const std::string name = name_of(folder.path() / "state");
  std::ofstream(path_of(name)) << "somebody's";
  for (const bool there : {make_protected_folder(name, access_of_state).has_value(),
                           protect_folder(name, access_of_state).has_value()}) {
    EXPECT_FALSE(there);
  }
  EXPECT_EQ(fs::file_size(path_of(name)), 10U);
}

TEST(ProtectedFolder, OneThatIsOursIsTakenOverWithWhatIsInIt) {
  const TempFolder folder;
  const std::string name = name_of(folder.path() / "own");
  for (int again = 0; again < 2; ++again) {
    const auto done = protect_folder(name, access_of_configuration);
    EXPECT_TRUE(done) << done.error().what;
    std::ofstream(path_of(name) / "reporterd.yaml") << "telemetry: {}\n";
  }
  EXPECT_TRUE(fs::exists(path_of(name) / "reporterd.yaml"));
}

TEST(ProtectedFolder, IsRemovedWithAllInIt) {
  const TempFolder folder;
  const fs::path own = folder.path() / "\u00e4 own";
  fs::create_directories(own / "state" / "deep");
  std::ofstream(own / "reporterd.yaml") << "telemetry: {}\n";
  std::ofstream(own / "state" / "deep" / "file") << "x";
  for (int again = 0; again < 2; ++again) {
    const auto removed = remove_folder(name_of(own));
    EXPECT_TRUE(removed) << removed.error().what;
    EXPECT_FALSE(fs::exists(own));
  }
  EXPECT_TRUE(fs::exists(folder.path()));
}

TEST(ProtectedFolder, WhatCannotBeRemovedIsToldAndTheRestGoes) {
  const TempFolder folder;
  const fs::path own = folder.path() / "own";
  fs::create_directory(own);
  std::ofstream(own / "a") << "x";
  std::ofstream(own / "z") << "x";
  const HANDLE held = CreateFileW((own / "a").c_str(), GENERIC_READ, 0, nullptr, OPEN_EXISTING,
                                  FILE_ATTRIBUTE_NORMAL, nullptr);
  ASSERT_NE(held, INVALID_HANDLE_VALUE);
  const auto removed = remove_folder(name_of(own));
  ASSERT_FALSE(removed);
  EXPECT_NE(removed.error().what.find(name_of(own)), std::string::npos);
  EXPECT_TRUE(fs::exists(own / "a"));
  EXPECT_FALSE(fs::exists(own / "z"));
  CloseHandle(held);
}

}  // namespace
}  // namespace reporterd
