// wine's tokens have no service SIDs: what a process of the service has is given here.
#include "daemon/security_windows.h"

#include <gtest/gtest.h>

namespace reporterd {
namespace {

const Identity service{L"S-1-5-19", service_sid};
const Identity user{L"S-1-5-21-1-2-3-1001", L""};

TEST(Identity, OfAServiceIsItsOwnSidAndNotTheAccountThatItShares) {
  EXPECT_EQ(service.name(), service_sid);
  EXPECT_EQ(user.name(), user.user);
}

TEST(Identity, OfAProcessInAConsoleIsItsUser) {
  const Identity own = own_identity();
  EXPECT_EQ(own.service, L"");
  EXPECT_TRUE(is_own_user(pointer(sid_of(own.name()))));
  EXPECT_EQ(own_as_the_service(), DWORD{ERROR_SUCCESS}) << "there is nothing to do";
}

TEST(PrivateAccess, OfAFileOfTheServicesIsForTheServiceWhoeverOwnsIt) {
  EXPECT_EQ(private_access_of(service),
            L"D:P(A;;FA;;;SY)(A;;FA;;;BA)"
            L"(A;;FA;;;S-1-5-80-975833115-3889946312-1206288415-876333829-3442042369)");
}

TEST(PrivateAccess, OfAFileOfAUsersIsForItsOwner) {
  EXPECT_EQ(private_access_of(user), L"D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;OW)");
}

}  // namespace
}  // namespace reporterd
