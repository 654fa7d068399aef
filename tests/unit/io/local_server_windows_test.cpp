// wine keeps a pipe's list of rights, but lets everybody in: what is in the list is all that can be
// looked at here. The look at a client's token works there.
#include <windows.h>

#include <aclapi.h>
#include <gtest/gtest.h>
#include <sddl.h>

#include <algorithm>
#include <array>
#include <string>
#include <thread>
#include <vector>

#include "daemon/io/local_access_windows.h"
#include "daemon/path.h"
#include "daemon/security_windows.h"
#include "tests/unit/io/local_server_fixture.h"

namespace reporterd {
namespace {

Sid well_known(WELL_KNOWN_SID_TYPE which) {
  Sid sid(SECURITY_MAX_SID_SIZE);
  DWORD size = SECURITY_MAX_SID_SIZE;
  CreateWellKnownSid(which, nullptr, sid.data(), &size);
  return sid;
}

UniqueHandle open_pipe(const std::string& path) {
  return owned(CreateFileW(path_of(path).c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr,
                           OPEN_EXISTING, SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION,
                           nullptr));
}

// The entries of the list of rights of whichever instance of the pipe a client got.
std::string rights_of(HANDLE pipe) {
  PSECURITY_DESCRIPTOR found = nullptr;
  if (GetSecurityInfo(pipe, SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, nullptr, nullptr, nullptr,
                      nullptr, &found) != ERROR_SUCCESS) {
    return "";
  }
  const LocalMemory<void> descriptor(found);
  char* text = nullptr;
  ConvertSecurityDescriptorToStringSecurityDescriptorA(descriptor.get(), SDDL_REVISION_1,
                                                       DACL_SECURITY_INFORMATION, &text, nullptr);
  const std::string all = text == nullptr ? "" : LocalMemory<char>(text).get();
  return all.substr(std::min(all.find('('), all.size()));
}

std::string own_sid() {
  return name_of(text_of(pointer(user_of(own_token().get()))));
}

// Without "D:P": wine does not keep that nothing may be inherited.
std::string expected_rights() {
  return "(D;;FA;;;NU)(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;" + own_sid() + ")";
}

TEST_F(LocalServerTest, ThePipeIsForTheSystemAdministratorsAndTheServicesUserAndNotForTheNetwork) {
  open();
  const UniqueHandle pipe = open_pipe(settings_.path);
  ASSERT_NE(pipe, nullptr);
  EXPECT_EQ(rights_of(pipe.get()), expected_rights());
}

TEST(PipeAccess, IsForTheServiceAndNotForTheAccountThatItShares) {
  const Identity service{L"S-1-5-19", service_sid};
  const std::wstring all = L"D:P(D;;FA;;;NU)(A;;FA;;;SY)(A;;FA;;;BA)";
  EXPECT_EQ(pipe_access_of(service, L""), all + L"(A;;FA;;;" REPORTERD_SID L")");
  EXPECT_EQ(pipe_access_of(service, L"S-1-5-21-1-2-3-1001"),
            all + L"(A;;FA;;;" REPORTERD_SID L")(A;;0x12019b;;;S-1-5-21-1-2-3-1001)");
}

TEST(PipeAccess, IsForTheUserWhoRunsItByHand) {
  EXPECT_EQ(pipe_access_of({L"S-1-5-21-1-2-3-1002", L""}, L""),
            L"D:P(D;;FA;;;NU)(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;S-1-5-21-1-2-3-1002)");
}

TEST_F(LocalServerTest, LaterInstancesOfThePipeHaveTheSameRights) {
  open();
  std::vector<UniqueHandle> pipes;
  for (std::size_t i = 0; i < 10; ++i) {  // libuv makes four at once
    pipes.push_back(open_pipe(settings_.path));
    ASSERT_TRUE(until([&] { return server_->connections() == i + 1; }));
    EXPECT_EQ(rights_of(pipes[i].get()), expected_rights());
  }
}

// Who comes before the server listens and leaves takes the pipe along, with its list: libuv makes
// it anew then.
TEST_F(LocalServerTest, ThePipeKeepsItsRightsWhenSomebodyComesAndGoesTooEarly) {
  for (int i = 0; i < 100; ++i) {
    {
      std::jthread early([&](const std::stop_token& over) {
        while (!over.stop_requested()) {
          open_pipe(settings_.path);
        }
      });
      open();
    }
    UniqueHandle pipe;
    ASSERT_TRUE(until([&] { return (pipe = open_pipe(settings_.path)) != nullptr; }));
    EXPECT_EQ(rights_of(pipe.get()), expected_rights()) << i;
    pipe.reset();
    server_.reset();
    ASSERT_TRUE(until([&] { return open_pipe(settings_.path) == nullptr; }));
  }
}

// A machine without that group has the submit pipe for the same users as the other.
TEST_F(LocalServerTest, WithoutTheGroupOfReportersNobodyElseIsLetIn) {
  settings_.clients = Clients::reporters;
  open();
  EXPECT_EQ(rights_of(open_pipe(settings_.path).get()), expected_rights());
}

// The token of this process for impersonation, with its administrators' group or without.
UniqueHandle impersonating(bool as_administrator) {
  HANDLE found = nullptr;
  OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE, &found);
  UniqueHandle token(found);
  if (!as_administrator) {
    Sid group = well_known(WinBuiltinAdministratorsSid);
    SID_AND_ATTRIBUTES without{group.data(), 0};
    CreateRestrictedToken(token.get(), 0, 1, &without, 0, nullptr, 0, nullptr, &found);
    token.reset(found);
  }
  DuplicateToken(token.get(), SecurityIdentification, &found);
  return UniqueHandle(found);
}

// A client of another user cannot be had under wine (all its processes are one user's, and how far
// a client lets itself be known is ignored), so these look at what decides.
TEST(PipeClients, TheServicesOwnUserIsLetIn) {
  const Sid own = user_of(own_token().get());
  for (const Clients clients : {Clients::reporters, Clients::administrators}) {
    EXPECT_TRUE(is_one_of(clients, impersonating(false).get(), pointer(own)));
  }
}

// As a process of the service has its SID: among the groups.
TEST(PipeClients, TheServiceIsKnownByASidAmongItsGroups) {
  Sid group = well_known(WinBuiltinUsersSid);
  EXPECT_TRUE(is_one_of(Clients::administrators, impersonating(false).get(), group.data()));
  const Sid service = sid_of(service_sid);
  EXPECT_FALSE(is_one_of(Clients::administrators, impersonating(false).get(), pointer(service)));
}

TEST(PipeClients, OfOtherUsersOnlyAdministratorsAre) {
  Sid other = well_known(WinLocalServiceSid);
  for (const Clients clients : {Clients::reporters, Clients::administrators}) {
    EXPECT_TRUE(is_one_of(clients, impersonating(true).get(), other.data()));
    EXPECT_FALSE(is_one_of(clients, impersonating(false).get(), other.data()));
  }
}

TEST(PipeClients, ATokenThatSaysNothingIsRefused) {
  Sid other = well_known(WinLocalServiceSid);
  EXPECT_FALSE(is_one_of(Clients::administrators, INVALID_HANDLE_VALUE, other.data()));
}

TEST_F(LocalServerTest, ANameThatIsNoPipesIsAnErrorThatSaysWhatOneIs) {
  for (const char* name : {"", R"(C:\reporterd)", R"(\\.\pipe\)", R"(\\server\pipe\reporterd)",
                           R"(\\.\pipe\one\two)"}) {
    settings_.path = name;
    EXPECT_NE(error_of_open().find(R"(\\.\pipe\reporterd)"), std::string::npos) << name;
  }
  settings_.path = R"(\\.\pipe\)" + std::string(300, 'x');
  EXPECT_NE(error_of_open(), "");
}

}  // namespace
}  // namespace reporterd
