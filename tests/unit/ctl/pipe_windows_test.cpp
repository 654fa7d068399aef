#include "ctl/pipe_windows.h"

#include <gtest/gtest.h>

#include "tests/support/make_pipe_windows.h"
#include "tests/unit/ctl/fake_server.h"

namespace reporterd::ctl {
namespace {

TEST(Pipe, ThatCannotBeOpenedSaysWhatToDoNext) {
  EXPECT_EQ(exit_of_open(ERROR_FILE_NOT_FOUND), Exit::not_running);
  EXPECT_EQ(exit_of_open(ERROR_ACCESS_DENIED), Exit::permission);
  EXPECT_EQ(exit_of_open(ERROR_PIPE_BUSY), Exit::try_later);
  EXPECT_EQ(exit_of_open(ERROR_BAD_PATHNAME), Exit::failure);
}

// wine lets everybody name any owner. On Windows only administrators may, and only who makes pipes
// as one of these accounts gets them.
std::string strange_owner_with(const wchar_t* access) {
  const std::string name = testing::FakeServer::socket_in("ctl-pipe-owner-test");
  return strange_owner_of(testing::make_pipe(name, access).get());
}

TEST(PipeOwner, IsTrustedAsThisUser) {
  EXPECT_EQ(strange_owner_with(testing::own_access), "");
}

TEST(PipeOwner, IsTrustedAsTheServiceTheSystemOrAnAdministrator) {
  EXPECT_EQ(strange_owner_with(L"O:" REPORTERD_SID L"D:P(A;;GA;;;WD)"), "");
  EXPECT_EQ(strange_owner_with(L"O:SYD:P(A;;GA;;;WD)"), "");
  EXPECT_EQ(strange_owner_with(L"O:BAD:P(A;;GA;;;WD)"), "");
}

TEST(PipeOwner, IsStrangeAsAnybodyElse) {
  EXPECT_EQ(strange_owner_with(L"O:S-1-5-21-1-2-3-1001D:P(A;;GA;;;WD)"), "S-1-5-21-1-2-3-1001");
  EXPECT_EQ(strange_owner_with(L"O:LSD:P(A;;GA;;;WD)"), "S-1-5-19");  // of many services
  EXPECT_EQ(strange_owner_with(L"O:S-1-5-80-1-2-3-4-5D:P(A;;GA;;;WD)"), "S-1-5-80-1-2-3-4-5");
  EXPECT_EQ(strange_owner_with(L"O:NSD:P(A;;GA;;;WD)"), "S-1-5-20");  // the network's services
  EXPECT_EQ(strange_owner_with(L"O:BUD:P(A;;GA;;;WD)"), "S-1-5-32-545");
}

// As pipes are under wine that were made without a list of rights; on Windows each has an owner.
TEST(PipeOwner, IsStrangeWhenThereIsNone) {
  EXPECT_NE(strange_owner_with(nullptr), "");
}

}  // namespace
}  // namespace reporterd::ctl
