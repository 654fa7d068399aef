// What the system says, as SQLite passes it on: of a folder it tells nothing sure on Windows.
#include <gtest/gtest.h>

#include "collector/store.h"

namespace reporterd {

TEST(StoreFile, AFolderIsNone) {
  const auto opened = CollectorStore::open_existing("/tmp");
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().what, "cannot open /tmp: Is a directory");
}

}  // namespace reporterd
