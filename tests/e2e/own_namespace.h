#pragma once
// Tests that need a network or mounts of their own run once more in a child with namespaces of its
// own, as the root of them.

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace reporterd {

// What became of this test in namespaces of its own.
struct OwnNamespace {
  bool inside = false;  // this is the child: do the test
  bool permitted = true;
  bool passed = false;
  bool skipped = false;
  std::string why;  // not permitted, why it was skipped, or what the child printed
};

// Runs the current test again in a child with these namespaces (CLONE_NEW...) and waits for it;
// in that child it returns at once with `inside`.
OwnNamespace in_own_namespace(int namespaces);

}  // namespace reporterd

// At the beginning of a test: what follows runs only in the child.
#define RUN_IN_OWN_NAMESPACE(namespaces)                                            \
  if (const auto own = reporterd::in_own_namespace(namespaces); !own.inside) {      \
    if (!own.permitted) {                                                           \
      GTEST_SKIP() << "NOT TESTED: namespaces are not permitted here: " << own.why; \
    }                                                                               \
    ASSERT_TRUE(own.passed) << own.why;                                             \
    if (own.skipped) {                                                              \
      GTEST_SKIP() << own.why;                                                      \
    }                                                                               \
    return;                                                                         \
  }                                                                                 \
  static_assert(true, "needs a semicolon")
