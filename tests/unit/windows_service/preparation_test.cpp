#include "windows-service/preparation.h"

#include <gtest/gtest.h>

#include <string>

namespace reporterd {
namespace {

TEST(Undo, GoesBackTheWayItCame) {
  std::string way;
  {
    Undo undo;
    for (const char step : {'a', 'b', 'c'}) {
      undo.add([&way, step] { way += step; });
    }
  }
  EXPECT_EQ(way, "cba");
}

TEST(Undo, LeavesWhatIsKept) {
  bool undone = false;
  {
    Undo undo;
    undo.add([&undone] { undone = true; });
    undo.keep();
  }
  EXPECT_FALSE(undone);
}

}  // namespace
}  // namespace reporterd
