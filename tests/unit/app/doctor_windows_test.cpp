// Files that are open to others, by their lists of rights. wine takes the rights of a file into
// account when the file is made, and says that it changed them later without doing so: hence what
// a repair writes is tested as a list, and not on a file.
#include <windows.h>

#include <aclapi.h>
#include <sddl.h>

#include <memory>

#include "daemon/access_list_windows.h"
#include "daemon/security_windows.h"
#include "tests/unit/app/doctor_fixture.h"

namespace reporterd {
namespace {

using Doctor = DoctorTest;

// A security descriptor of its text.
class Described {
 public:
  explicit Described(const std::wstring& text) : descriptor_(descriptor_of(text)) {
    EXPECT_NE(descriptor_, nullptr);
  }

  SECURITY_ATTRIBUTES attributes() const {
    return {sizeof(SECURITY_ATTRIBUTES), descriptor_.get(), 0};
  }
  PSID owner() const {
    PSID owner = nullptr;
    BOOL defaulted = FALSE;
    GetSecurityDescriptorOwner(descriptor_.get(), &owner, &defaulted);
    return owner;
  }
  PACL list() const { return list_in(descriptor_.get()); }

 private:
  LocalMemory<void> descriptor_;
};

// Owned by somebody; what is his, is not open to others.
const std::wstring owner = L"S-1-5-21-1-2-3-1001";
const std::wstring service = service_sid;
const std::wstring ours = L"(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;OW)(A;;FA;;;CO)(A;;FA;;;" + service +
                          L")(A;;FA;;;" + owner + L")";
const std::wstring read = L"(A;;FR;;;BU)";

std::vector<std::wstring> others(const std::wstring& entries, Readers readers) {
  const Described described(L"O:" + owner + L"D:P" + entries);
  return others_in(described.owner(), described.list(), readers);
}

// The entries that stay, as text.
std::wstring closed(const std::wstring& entries, Readers readers) {
  const Described described(L"O:" + owner + L"D:AI" + entries);
  std::vector<std::uint32_t> list = closed_list(described.owner(), described.list(), readers);
  SECURITY_DESCRIPTOR of_list = {};
  InitializeSecurityDescriptor(&of_list, SECURITY_DESCRIPTOR_REVISION);
  SetSecurityDescriptorDacl(&of_list, TRUE, reinterpret_cast<ACL*>(list.data()), FALSE);
  wchar_t* text = nullptr;
  EXPECT_NE(ConvertSecurityDescriptorToStringSecurityDescriptorW(
                &of_list, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, nullptr),
            0);
  const std::wstring copy = text;
  LocalFree(text);
  return copy;
}

void make_file(const std::string& file, const std::wstring& entries) {
  const Described described(L"D:P" + entries);
  SECURITY_ATTRIBUTES access = described.attributes();
  const HANDLE handle = CreateFileW(path_of(file).c_str(), GENERIC_WRITE, 0, &access, CREATE_NEW,
                                    FILE_ATTRIBUTE_NORMAL, nullptr);
  ASSERT_NE(handle, INVALID_HANDLE_VALUE);
  CloseHandle(handle);
}

using Sids = std::vector<std::wstring>;

TEST(AccessList, TrustsTheSystemAdministratorsTheOwnerAndTheService) {
  for (const auto readers : {Readers::everyone, Readers::service, Readers::owner}) {
    EXPECT_EQ(others(ours, readers), Sids());
  }
}

TEST(AccessList, NamesOnceWhoElseMayReadOrChange) {
  const std::wstring entries = ours + L"(A;;FR;;;WD)(A;;FW;;;BU)(A;;FX;;;AU)(A;;SD;;;WD)";
  EXPECT_EQ(others(entries, Readers::owner), (Sids{L"S-1-1-0", L"S-1-5-32-545"}));
  EXPECT_EQ(others(entries, Readers::service), (Sids{L"S-1-1-0", L"S-1-5-32-545"}));
}

TEST(AccessList, TheAccountThatTheServiceSharesIsAnother) {
  EXPECT_EQ(others(ours + L"(A;;FR;;;LS)", Readers::service), Sids{L"S-1-5-19"});
  EXPECT_EQ(others(ours + L"(A;;FR;;;LS)", Readers::everyone), Sids());
}

TEST(AccessList, OthersMayReadWhatIsForEveryone) {
  EXPECT_EQ(others(ours + read, Readers::everyone), Sids());
  for (const wchar_t* right : {L"FA", L"FW", L"GA", L"GW", L"SD", L"WD", L"WO", L"DC"}) {
    EXPECT_EQ(others(std::wstring(L"(A;;") + right + L";;;WD)", Readers::everyone),
              Sids{L"S-1-1-0"})
        << right;
  }
}

TEST(AccessList, NoListAllowsEverythingToEveryone) {
  EXPECT_EQ(others_in(nullptr, nullptr, Readers::everyone), Sids{L"S-1-1-0"});
}

TEST(AccessList, IsClosedWithoutTouchingWhatIsRight) {
  EXPECT_EQ(closed(L"(D;;FA;;;NU)(A;ID;FA;;;SY)(A;ID;FA;;;WD)(A;ID;FR;;;BU)", Readers::owner),
            L"D:(D;;FA;;;NU)(A;;FA;;;SY)");
  EXPECT_EQ(closed(L"(A;ID;FA;;;SY)(A;ID;FA;;;WD)(A;ID;FW;;;AU)(A;ID;FR;;;BU)", Readers::everyone),
            L"D:(A;;FA;;;SY)(A;;0x1200a9;;;WD)(A;;FR;;;BU)");
}

std::wstring icacls(const std::wstring& entries, Readers readers) {
  const Described described(L"O:" + owner + L"D:AI" + entries);
  return icacls_words(described.owner(), described.list(), readers);
}

TEST(AccessList, TheCommandTakesAwayWhatIsTooMuchAndLeavesWhatIsNot) {
  EXPECT_EQ(icacls(ours + read, Readers::everyone), L"");
  EXPECT_EQ(icacls(L"(A;;FA;;;SY)(A;;FA;;;WD)(A;;FR;;;BU)(A;;FW;;;AU)", Readers::owner),
            L"/inheritance:d /remove:g *S-1-1-0 *S-1-5-32-545 *S-1-5-11");
  EXPECT_EQ(icacls(L"(A;;FA;;;WD)(A;;FW;;;AU)(A;;FR;;;BU)", Readers::everyone),
            L"/inheritance:d /remove:g *S-1-5-11 /grant:r *S-1-1-0:RX");
  EXPECT_EQ(icacls(L"(A;;FW;;;BU)(A;;FR;;;BU)", Readers::everyone),
            L"/inheritance:d /grant:r *S-1-5-32-545:RX")
      << "all entries of one are one to it";
}

TEST(AccessList, WhatTheSharedAccountHadTheServiceGets) {
  EXPECT_EQ(icacls(L"(A;;FR;;;LS)", Readers::service),
            L"/inheritance:d /remove:g *S-1-5-19 /grant \"*" + service + L":RX\"");
  EXPECT_EQ(icacls(L"(A;OICI;FA;;;LS)", Readers::service),
            L"/inheritance:d /remove:g *S-1-5-19 /grant \"*" + service + L":(OI)(CI)M\"");
  EXPECT_EQ(closed(L"(A;OICI;FR;;;LS)(A;;FA;;;BA)", Readers::service),
            L"D:(A;OICI;FR;;;" + service + L")(A;;FA;;;BA)");
}

TEST(AccessList, WhereThereIsNoListThoseStayWhoAreMeant) {
  const std::wstring all = L"/inheritance:d /grant *S-1-5-18:F *S-1-5-32-544:F *S-1-3-4:F";
  EXPECT_EQ(icacls_words(nullptr, nullptr, Readers::owner), all);
  EXPECT_EQ(icacls_words(nullptr, nullptr, Readers::service), all + L" *" + service + L":RX");
  EXPECT_EQ(icacls_words(nullptr, nullptr, Readers::everyone), all + L" *S-1-1-0:RX");
  EXPECT_EQ(closed_access(Readers::owner), private_access);
  EXPECT_EQ(closed_access(Readers::service),
            private_access + (L"(A;;0x1200a9;;;" + service + L")"));
  EXPECT_EQ(closed_access(Readers::everyone),
            private_access + std::wstring(L"(A;;0x1200a9;;;S-1-1-0)"));
}

TEST_F(Doctor, NamesFilesThatAreOpenToOthers) {
  const std::string key = folder_ / "key";
  make_file(key, L"(A;;FA;;;SY)(A;;FA;;;OW)(A;;FR;;;WD)");
  write("key", "secret\n");
  write("reporterd.yaml", "destination: { functionKeyFile: key }\n");
  EXPECT_NE(problems().find(key + " holds a secret, and is open to others; icacls \"" + key +
                            "\" /inheritance:d /remove:g *S-1-1-0\n"),
            std::string::npos)
      << problems();
}

TEST_F(Doctor, AMissingFileAllowsNothing) {
  EXPECT_EQ(remedy_for_access(folder_ / "missing", Readers::owner), "");
  EXPECT_TRUE(close_to_others(folder_ / "missing", Readers::owner));
}

}  // namespace

void make_private_folder(const std::string& folder) {
  const Described described(L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;OW)");
  SECURITY_ATTRIBUTES access = described.attributes();
  EXPECT_NE(CreateDirectoryW(path_of(folder).c_str(), &access), 0);
}

}  // namespace reporterd
