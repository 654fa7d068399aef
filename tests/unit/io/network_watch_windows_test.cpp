// wine tells of no route that comes or goes: what would be told is given here, and what can be
// asked is asked.
#include "daemon/io/network_watch.h"

#include <gtest/gtest.h>

#include <vector>

#include "daemon/io/route_news_windows.h"
#include "tests/support/loop_runner.h"

namespace reporterd {
namespace {

MIB_IPFORWARD_ROW2 route_to(UINT8 prefix_bits) {
  MIB_IPFORWARD_ROW2 route{};
  route.DestinationPrefix.PrefixLength = prefix_bits;
  return route;
}

TEST(NetworkWatch, HearsOfDefaultRoutesThatComeAndGo) {
  const MIB_IPFORWARD_ROW2 route = route_to(0);
  EXPECT_EQ(news_of(&route, MibAddInstance), RouteNews::came);
  EXPECT_EQ(news_of(&route, MibDeleteInstance), RouteNews::went);
}

TEST(NetworkWatch, IsDeafToOtherRoutesAndToWhatChangesNoWay) {
  const MIB_IPFORWARD_ROW2 subnet = route_to(24);
  const MIB_IPFORWARD_ROW2 route = route_to(0);
  EXPECT_EQ(news_of(&subnet, MibAddInstance), RouteNews::none);
  EXPECT_EQ(news_of(&subnet, MibDeleteInstance), RouteNews::none);
  EXPECT_EQ(news_of(&route, MibParameterNotification), RouteNews::none);
  EXPECT_EQ(news_of(nullptr, MibInitialNotification), RouteNews::none);
}

TEST(NetworkWatch, KnowsTheDefaultRouteThatTheOlderTableHas) {
  std::vector<std::uint64_t> room(8192);
  ULONG bytes = static_cast<ULONG>(room.size() * sizeof(std::uint64_t));
  auto* table = reinterpret_cast<MIB_IPFORWARDTABLE*>(room.data());
  ASSERT_EQ(GetIpForwardTable(table, &bytes, FALSE), DWORD{NO_ERROR});
  for (DWORD i = 0; i < table->dwNumEntries; ++i) {
    if (table->table[i].dwForwardMask == 0 && table->table[i].dwForwardDest == 0) {
      EXPECT_TRUE(has_default_route());
    }
  }
}

TEST(NetworkWatch, CanBeOpenedAndClosedWithoutATurnOfTheLoop) {
  Loop loop;
  int changes = 0;
  {
    const auto watch = NetworkWatch::open(loop, [&] { ++changes; });
    EXPECT_TRUE(watch) << watch.error().what;
  }
  run_ready(loop);
  EXPECT_EQ(changes, 0);
}

}  // namespace
}  // namespace reporterd
