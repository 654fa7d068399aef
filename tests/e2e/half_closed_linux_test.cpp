// A socket can be closed in one direction; a pipe of Windows cannot.
#include <gtest/gtest.h>

#include "tests/e2e/site.h"

namespace reporterd {
namespace {

TEST(HalfClosed, AClientThatOnlyClosesItsSideStillGetsItsAnswers) {
  Site site;
  site.start();
  LocalClient client = site.client("submit");
  ASSERT_TRUE(client.send(submit_line(1) + submit_line(2)));
  client.finish_sending();
  for (const int id : {1, 2}) {
    const auto answer = client.line();
    ASSERT_TRUE(answer.has_value()) << id;
    EXPECT_EQ(Json::parse(*answer)["id"], id);
  }
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(site.status()["ledger"]["accepted"], 2);
}

}  // namespace
}  // namespace reporterd
