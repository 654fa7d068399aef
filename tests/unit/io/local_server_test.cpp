#include "daemon/io/local_server.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <map>
#include <vector>

#include "daemon/core/assert.h"
#include "daemon/io/unique_fd_linux.h"
#include "tests/support/loop_runner.h"
#include "tests/support/temp_folder.h"

namespace reporterd {
namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

int local_socket(int flags = 0) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  ASSERT(fd >= 0);
  return fd;
}

// A local program: plain blocking calls on a non-blocking socket, driven by the test.
class Client {
 public:
  explicit Client(const std::string& path) : fd_(local_socket(SOCK_NONBLOCK)) {
    const auto address = address_of(path);
    connected =
        connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }

  bool send(std::string_view bytes) {
    return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == std::ssize(bytes);
  }
  // Sends as much as fits; how much it was.
  std::size_t send_some(std::string_view bytes) {
    const auto sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }
  void read_all() {
    std::array<char, 65536> buffer;
    ssize_t got = 0;
    while ((got = recv(fd_.get(), buffer.data(), buffer.size(), 0)) > 0) {
      received.append(buffer.data(), static_cast<std::size_t>(got));
    }
    ended = got == 0 || errno == ECONNRESET;
  }
  void leave() { fd_ = UniqueFd(); }
  bool at_end() {
    read_all();
    return ended;
  }
  bool has(std::string_view text) {
    read_all();
    return received == text;
  }

  bool connected = false;
  bool ended = false;
  std::string received;

 private:
  UniqueFd fd_;
};

class LocalServerTest : public testing::Test {
 protected:
  // What the server's side saw of one client, kept after the client went.
  struct Seen {
    Stream* stream = nullptr;
    std::string bytes;
    std::vector<std::size_t> sizes;
    bool gone = false;
  };
  using OnReceived = std::function<void(Seen&, std::string_view)>;

  class Recorder final : public StreamHandler {
   public:
    Recorder(LocalServerTest& test, Seen& seen) : test_(test), seen_(seen) {}
    ~Recorder() override { seen_.gone = true; }
    void received(std::string_view bytes) override {
      seen_.bytes += bytes;
      seen_.sizes.push_back(bytes.size());
      if (test_.on_received_) {
        test_.on_received_(seen_, bytes);
      }
    }

   private:
    LocalServerTest& test_;
    Seen& seen_;
  };

  StreamAccept accept() {
    return [this](Stream& stream) {
      auto& seen = seen_.emplace_back(std::make_unique<Seen>());
      seen->stream = &stream;
      return std::make_unique<Recorder>(*this, *seen);
    };
  }

  void open() {
    auto opened = LocalServer::open(loop_, settings_, accept());
    ASSERT_TRUE(opened) << opened.error().what;
    server_ = std::move(*opened);
  }

  std::string error_of_open() {
    const auto opened = LocalServer::open(loop_, settings_, accept());
    return opened ? "" : opened.error().what;
  }

  // Runs the loop; looks often, because what a client sees does not wake it.
  testing::AssertionResult until(const std::function<bool()>& condition) {
    WakeTimer look(loop_, [&] { look.arm(Millis(1)); });
    look.arm(Millis(1));
    return run_until(loop_, condition);
  }

  mode_t mode_of(const std::string& path) {
    struct stat there{};
    return stat(path.c_str(), &there) == 0 ? there.st_mode & 0777 : 0;
  }

  TempFolder folder_;
  Loop loop_;
  LocalServerSettings settings_{.path = folder_ / "run/submit/socket"};
  std::vector<std::unique_ptr<Seen>> seen_;
  OnReceived on_received_;
  std::unique_ptr<LocalServer> server_;
};

TEST_F(LocalServerTest, CarriesBytesBothWays) {
  on_received_ = [](Seen& seen, std::string_view bytes) {
    seen.stream->write("you said " + std::string(bytes));
  };
  open();
  Client client(settings_.path);
  ASSERT_TRUE(client.send("hello"));
  EXPECT_TRUE(until([&] { return client.has("you said hello"); }));
}

TEST_F(LocalServerTest, AnswersOfOneTurnArriveInOrder) {
  on_received_ = [](Seen& seen, std::string_view) {
    for (const char* word : {"a", "b", "c"}) {
      seen.stream->write(word);
    }
  };
  open();
  Client client(settings_.path);
  client.send("x");
  EXPECT_TRUE(until([&] { return client.has("abc"); }));
}

TEST_F(LocalServerTest, ManyClientsAreKeptApart) {
  on_received_ = [](Seen& seen, std::string_view bytes) {
    seen.stream->write(std::string(bytes) + "!");
  };
  open();
  std::vector<std::unique_ptr<Client>> clients;
  for (std::size_t i = 0; i < settings_.connections; ++i) {
    clients.push_back(std::make_unique<Client>(settings_.path));
    ASSERT_TRUE(clients.back()->send(std::to_string(i)));
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    EXPECT_TRUE(until([&] { return clients[i]->has(std::to_string(i) + "!"); }));
  }
  EXPECT_EQ(server_->connections(), clients.size());
}

TEST_F(LocalServerTest, OneClientTooManyIsClosedAndTheOthersStay) {
  settings_.connections = 2;
  on_received_ = [](Seen& seen, std::string_view) { seen.stream->write("here"); };
  open();
  Client first(settings_.path);
  Client second(settings_.path);
  ASSERT_TRUE(until([&] { return server_->connections() == 2; }));
  Client third(settings_.path);
  EXPECT_TRUE(until([&] { return third.at_end(); }));
  first.send("x");
  EXPECT_TRUE(until([&] { return first.has("here"); }));
  second.leave();
  ASSERT_TRUE(until([&] { return server_->connections() == 1; }));
  Client fourth(settings_.path);
  fourth.send("x");
  EXPECT_TRUE(until([&] { return fourth.has("here"); }));
}

TEST_F(LocalServerTest, AClientThatVanishesMidLineTakesItsHandlerWithIt) {
  open();
  {
    Client client(settings_.path);
    client.send("{\"half\":");
    ASSERT_TRUE(until([&] { return !seen_.empty() && !seen_[0]->bytes.empty(); }));
    EXPECT_FALSE(seen_[0]->gone);
  }
  EXPECT_TRUE(until([&] { return seen_[0]->gone; }));
  EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(LocalServerTest, AClientThatNeverReadsIsCutOff) {
  settings_.unsent_bytes = 1U << 20;
  open();
  Client client(settings_.path);
  client.send("x");
  ASSERT_TRUE(until([&] { return !seen_.empty() && !seen_[0]->bytes.empty(); }));
  std::size_t written = 0;
  while (!seen_[0]->gone && written < (64U << 20)) {
    seen_[0]->stream->write(std::string(10'000, 'x'));
    written += 10'000;
    run_ready(loop_, 1);
  }
  EXPECT_TRUE(seen_[0]->gone);
  EXPECT_LT(written, 4U << 20);  // the limit, and what the system's own buffers took
}

TEST_F(LocalServerTest, AClientThatIsCutOffInsideItsHandlerSeesNoUseAfterEnd) {
  settings_.unsent_bytes = 1000;
  on_received_ = [](Seen& seen, std::string_view) {
    for (int i = 0; i < 100; ++i) {
      seen.stream->write(std::string(100'000, 'x'));
    }
    seen.stream->pause_reading(true);
    seen.stream->pause_reading(false);
    seen.stream->finish();
  };
  open();
  Client client(settings_.path);
  client.send("x");
  EXPECT_TRUE(until([&] { return !seen_.empty() && seen_[0]->gone; }));
}

TEST_F(LocalServerTest, ASlowClientWithinItsLimitGetsEverything) {
  on_received_ = [](Seen& seen, std::string_view) {
    seen.stream->write(std::string(3U << 20, 'x'));
    seen.stream->write("end");
  };
  open();
  Client client(settings_.path);
  client.send("x");
  ASSERT_TRUE(until([&] { return !seen_.empty() && !seen_[0]->bytes.empty(); }));
  run_ready(loop_);
  EXPECT_TRUE(until([&] {
    client.read_all();
    return client.received.ends_with("end");
  }));
  EXPECT_EQ(client.received.size(), (3U << 20) + 3);
}

TEST_F(LocalServerTest, FinishClosesAfterTheLastByte) {
  on_received_ = [](Seen& seen, std::string_view) {
    seen.stream->write(std::string(1U << 20, 'x'));
    seen.stream->finish();
  };
  open();
  Client client(settings_.path);
  client.send("x");
  EXPECT_TRUE(until([&] { return client.at_end(); }));
  EXPECT_EQ(client.received.size(), 1U << 20);
  EXPECT_TRUE(until([&] { return seen_[0]->gone; }));
}

TEST_F(LocalServerTest, APausedClientIsNotReadUntilItIsResumed) {
  on_received_ = [](Seen& seen, std::string_view) { seen.stream->pause_reading(true); };
  open();
  Client client(settings_.path);
  client.send("one");
  ASSERT_TRUE(until([&] { return !seen_.empty() && seen_[0]->bytes == "one"; }));
  client.send("two");
  run_ready(loop_);
  EXPECT_EQ(seen_[0]->bytes, "one");
  seen_[0]->stream->pause_reading(false);
  EXPECT_TRUE(until([&] { return seen_[0]->bytes == "onetwo"; }));
}

TEST_F(LocalServerTest, AFloodGetsNoMoreThanItsShareOfATurn) {
  std::map<std::uint64_t, std::size_t> bytes_in_turn;
  on_received_ = [&](Seen&, std::string_view bytes) {
    bytes_in_turn[loop_.turn()] += bytes.size();
  };
  open();
  Client flood(settings_.path);
  const std::string block(1U << 20, 'x');
  std::size_t sent = 0;
  while (sent < (4U << 20)) {
    sent += flood.send_some(block);
    run_ready(loop_, 1);
  }
  EXPECT_TRUE(until([&] { return seen_[0]->bytes.size() == sent; }));
  for (const auto& [turn, bytes] : bytes_in_turn) {
    EXPECT_LE(bytes, 64U << 10);
  }
}

TEST_F(LocalServerTest, AHandlerThatIsRefusedClosesTheConnection) {
  auto opened = LocalServer::open(loop_, settings_, [](Stream&) { return nullptr; });
  ASSERT_TRUE(opened);
  Client client(settings_.path);
  EXPECT_TRUE(until([&] { return client.at_end(); }));
  EXPECT_EQ((*opened)->connections(), 0U);
}

TEST_F(LocalServerTest, DestructionEndsTheClientsAndRemovesTheFile) {
  open();
  Client client(settings_.path);
  ASSERT_TRUE(until([&] { return seen_.size() == 1; }));
  seen_[0]->stream->write("last words");
  server_.reset();
  EXPECT_TRUE(seen_[0]->gone);
  run_ready(loop_);
  EXPECT_TRUE(client.at_end());
  EXPECT_EQ(client.received, "last words");
  EXPECT_FALSE(std::filesystem::exists(settings_.path));
}

TEST_F(LocalServerTest, TheFileHasTheGivenModeAndNewFoldersArePrivate) {
  settings_.clients = Clients::reporters;
  open();
  EXPECT_EQ(mode_of(settings_.path), 0660U);
  EXPECT_EQ(mode_of(folder_ / "run/submit") & 07U, 0U);
  EXPECT_EQ(mode_of(folder_ / "run") & 07U, 0U);
}

TEST_F(LocalServerTest, ADeadServicesSocketIsReplaced) {
  std::filesystem::create_directories(folder_ / "run/submit");
  {
    const UniqueFd dead(local_socket());
    const auto address = address_of(settings_.path);
    ASSERT_EQ(bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  open();
  EXPECT_TRUE(Client(settings_.path).connected);
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
  EXPECT_TRUE(Client(settings_.path).connected);
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
  EXPECT_TRUE(Client(settings_.path).connected);
}

TEST_F(LocalServerTest, AFolderThatCannotBeMadeIsAnError) {
  std::ofstream(folder_ / "file") << "x";
  settings_.path = folder_ / "file/socket";
  EXPECT_NE(error_of_open(), "");
}

}  // namespace
}  // namespace reporterd
