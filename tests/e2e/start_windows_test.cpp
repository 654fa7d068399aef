// Starts whose pipes cannot be made.
#include <gtest/gtest.h>

#include "daemon/places.h"
#include "tests/e2e/no_start.h"
#include "tests/e2e/site.h"
#include "tests/support/make_pipe_windows.h"

namespace reporterd {
namespace {

TEST(Start, APipeThatIsServedAlreadyIsNamed) {
  Site site;
  const std::string socket_dir = socket_dir_of(site.path());
  for (const std::string& pipe : {submit_socket(socket_dir), control_socket(socket_dir)}) {
    {
      const UniqueHandle taken = testing::make_pipe(pipe);
      expect_no_start(site.command(), pipe, "--socket-dir");
    }
    site.start();
    EXPECT_EQ(site.stop(), 0);
  }
}

TEST(Start, WhatIsNoNameOfAPipeIsNamed) {
  const Site site;
  Arguments command = site.command();
  for (const char* name : {R"(C:\run)", R"(\\server\pipe\reporterd)"}) {
    command.back() = name;
    expect_no_start(command, name, "--socket-dir");
  }
}

}  // namespace
}  // namespace reporterd
