// A client that stops sending, but still reads: `nc -N`, or a script that ends its input.
#include <gtest/gtest.h>

#include "daemon/control/session.h"
#include "tests/unit/control/fakes.h"

namespace reporterd {
namespace {

constexpr const char* submit =
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"submit\",\"params\":{\"message\":{}}}\n";

TEST(SessionEnd, WhatWasAskedIsAnsweredBeforeTheConnectionCloses) {
  testing::FakeStream stream;
  testing::FakeService service;
  RequestReader reader;
  Session session(stream, service, reader, Access::submit, {});
  service.later = true;
  session.received(submit);
  EXPECT_FALSE(session.ended());
  EXPECT_FALSE(stream.finished);
  service.release();
  EXPECT_NE(stream.take().find("\"result\""), std::string::npos);
  EXPECT_TRUE(stream.finished);
}

TEST(SessionEnd, WithNothingLeftToAnswerItClosesAtOnce) {
  testing::FakeStream stream;
  testing::FakeService service;
  RequestReader reader;
  Session session(stream, service, reader, Access::submit, {});
  session.received(submit);
  EXPECT_TRUE(session.ended());
}

}  // namespace
}  // namespace reporterd
