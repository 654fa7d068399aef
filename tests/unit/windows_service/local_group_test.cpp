// wine makes no groups: whether one is ours is all that can be looked at.
#include "windows-service/local_group.h"

#include <gtest/gtest.h>

namespace reporterd {
namespace {

TEST(LocalGroup, IsOursByItsCommentAndNotByItsNameAlone) {
  std::wstring name = L"reporter";
  std::wstring ours = L"May hand telemetry messages to reporterd";  // as released
  std::wstring theirs = L"May read reports";
  EXPECT_TRUE(is_own_group({name.data(), ours.data()}));
  EXPECT_FALSE(is_own_group({name.data(), theirs.data()}));
  EXPECT_FALSE(is_own_group({name.data(), nullptr}));
}

}  // namespace
}  // namespace reporterd
