#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <filesystem>
#include <fstream>

#include "daemon/core/assert.h"
#include "daemon/io/unique_fd_linux.h"
#include "tests/unit/io/local_server_fixture.h"

namespace reporterd {
namespace {

mode_t mode_of(const std::string& path) {
  struct stat there{};
  return stat(path.c_str(), &there) == 0 ? there.st_mode & 0777 : 0;
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

int local_socket() {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT(fd >= 0);
  return fd;
}

TEST_F(LocalServerTest, ReportersComeByTheFilesGroupAndNewFoldersArePrivate) {
  settings_.clients = Clients::reporters;
  open();
  EXPECT_EQ(mode_of(settings_.path), 0660U);
  EXPECT_EQ(mode_of(folder_ / "run/submit") & 07U, 0U);
  EXPECT_EQ(mode_of(folder_ / "run") & 07U, 0U);
}

TEST_F(LocalServerTest, AdministratorsComeByTheGroupOfAFolderThatHandsItOn) {
  open();
  EXPECT_EQ(mode_of(settings_.path), 0600U);
  server_.reset();
  ASSERT_EQ(chmod((folder_ / "run/submit").c_str(), 02750), 0);
  open();
  EXPECT_EQ(mode_of(settings_.path), 0660U);
}

TEST_F(LocalServerTest, AFolderThatHandsItsGroupOnSaysNothingOfAdministratorsBelowIt) {
  std::filesystem::create_directory(folder_ / "run");
  ASSERT_EQ(chmod((folder_ / "run").c_str(), 02750), 0);
  for (int starts = 0; starts < 2; ++starts) {
    open();
    EXPECT_EQ(mode_of(settings_.path), 0600U);
    server_.reset();
  }
  std::filesystem::remove_all(folder_ / "run/submit");
  settings_.clients = Clients::reporters;
  open();
  EXPECT_EQ(mode_of(settings_.path), 0660U);
}

TEST_F(LocalServerTest, ADeadServicesSocketIsReplaced) {
  std::filesystem::create_directories(folder_ / "run/submit");
  {
    const UniqueFd dead(local_socket());
    const auto address = address_of(settings_.path);
    ASSERT_EQ(bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  open();
  EXPECT_TRUE(LocalClient(settings_.path).is_connected());
}

TEST_F(LocalServerTest, ALivingServicesSocketIsLeftAlone) {
  std::filesystem::create_directories(folder_ / "run/submit");
  const UniqueFd living(local_socket());
  const auto address = address_of(settings_.path);
  ASSERT_EQ(bind(living.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(living.get(), 8), 0);
  const auto server = LocalServer::open(loop_, settings_, nullptr);
  ASSERT_FALSE(server);
  EXPECT_NE(server.error().what.find("another service listens"), std::string::npos);
  EXPECT_TRUE(LocalClient(settings_.path).is_connected());
}

TEST_F(LocalServerTest, AnythingElseInTheWayIsLeftAlone) {
  std::filesystem::create_directories(folder_ / "run/submit");
  std::ofstream(settings_.path) << "precious";
  EXPECT_NE(error_of_open().find("in the way"), std::string::npos);
  std::string text;
  std::ifstream(settings_.path) >> text;
  EXPECT_EQ(text, "precious");
}

TEST_F(LocalServerTest, APathThatIsTooLongIsAnErrorAndNothingIsMade) {
  settings_.path = folder_ / (std::string(120, 'x') + "/socket");
  const std::string error = error_of_open();
  EXPECT_NE(error.find("107"), std::string::npos) << error;
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(LocalServerTest, TheLongestPathWorks) {
  const std::size_t room = 107 - folder_.path().string().size() - 1;
  settings_.path = folder_ / std::string(room, 'x');
  open();
  EXPECT_TRUE(LocalClient(settings_.path).is_connected());
}

TEST_F(LocalServerTest, AFolderThatCannotBeMadeIsAnError) {
  std::ofstream(folder_ / "file") << "x";
  settings_.path = folder_ / "file/socket";
  EXPECT_NE(error_of_open(), "");
}

}  // namespace
}  // namespace reporterd
