// kill -9 before single system calls: of taking a message in, delivering and settling it and of a
// stop; of starts that make, recover or salvage an outbox. Which kinds of calls there are is known
// from a record of a life that was not killed; each is killed at its first, second, ... call until
// one life gets through. REPORTERD_EVERY_SYSCALL=1 leaves no call out.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>

#include "tests/e2e/site.h"
#include "tests/e2e/tracer.h"
#include "tests/support/http_server.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

constexpr int killed = 128 + SIGKILL;

bool leave_none_out() {
  static const bool all = number_of("REPORTERD_EVERY_SYSCALL", 0) != 0;
  return all;
}

// Whether it happened cannot be seen from outside the process: a kill before such a call is the
// same as one before the next that is not of them.
bool stays_inside(const std::string& call) {
  static const std::set<std::string> names = {
      "clock_gettime", "epoll_ctl",      "epoll_wait",   "fcntl",       "futex",      "getdents64",
      "getpeername",   "getsockname",    "getsockopt",   "ioctl",       "lseek",      "madvise",
      "mmap",          "mprotect",       "munmap",       "newfstatat",  "poll",       "pread64",
      "rt_sigaction",  "rt_sigprocmask", "rt_sigreturn", "sched_yield", "setsockopt", "socketpair",
      "sysinfo",       "timerfd_settime"};
  return names.contains(call);
}

// The kinds of calls in a record of strace.
std::set<std::string> calls_in(const std::string& record) {
  std::set<std::string> calls;
  std::ifstream lines(record);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t begin = line.find_first_not_of("0123456789 ");
    const std::size_t end = line.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_", begin);
    if (begin == std::string::npos || end == std::string::npos || line[end] != '(') {
      continue;  // the rest of a call, a signal, the end
    }
    const std::string call = line.substr(begin, end - begin);
    if (call != "restart_syscall" && (leave_none_out() || !stays_inside(call))) {
      calls.insert(call);
    }
  }
  return calls;
}

// Lives with a kill at the first, second, ... call of each of these kinds, until `dies_at` says
// that one was not killed. The number of kills.
int kill_at_each(const std::set<std::string>& calls,
                 const std::function<bool(const Arguments& options)>& dies_at) {
  constexpr int each_until = 3;
  constexpr int then_every = 7;
  int kills = 0;
  for (const std::string& call : calls) {
    for (int n = 1;; n += leave_none_out() || n < each_until ? 1 : then_every) {
      const std::string moment = fmt::format("inject={}:signal=KILL:when={}", call, n);
      SCOPED_TRACE(moment);
      if (!dies_at({"-o", "/dev/null", "-e", moment}) || testing::Test::HasFailure()) {
        break;
      }
      ++kills;
    }
  }
  return kills;
}

std::string integrity(const std::string& file) {
  sqlite3* database = nullptr;
  std::string answer;
  sqlite3_open(file.c_str(), &database);
  sqlite3_exec(
      database, "PRAGMA integrity_check",
      [](void* text, int, char** columns, char**) {
        *static_cast<std::string*>(text) += columns[0];
        return 0;
      },
      &answer, nullptr);
  sqlite3_close(database);
  return answer;
}

// Messages on their way, one in each life.
class KilledAtEachSyscall : public testing::Test {
 protected:
  enum class Thread { loop, writer };

  // A message is handed in, delivered and settled, reporterd stops: all of it traced in one thread.
  // Then it starts again, and nothing may be missing. The exit code of the first part.
  int live(Thread thread, const Arguments& options) {
    const int number = lives_++;
    bool acknowledged = false;
    {
      Tracer tracer(thread_id(thread), options);
      LocalClient client = site_.client();
      if (client.send(submit_line(number))) {
        const Json answer = Json::parse(client.line().value_or("null"));
        acknowledged = answer.contains("result");
        if (client.connected() && client.send(line("flush", {{"wait", true}}))) {
          client.line();
        }
      }
      exit_ = site_.stop().value_or(-1);
    }
    site_.start(traced);
    const std::string again = site_.submit(number);
    EXPECT_TRUE(again == "duplicate" || (again == "queued" && !acknowledged)) << again;
    EXPECT_TRUE(site_.ledger_has("delivered", lives_));
    EXPECT_EQ(site_.status()["ledger"]["lost"], 0);
    return exit_;
  }

  int kill_in(Thread thread) {
    const std::string record = site_ / "record";
    EXPECT_EQ(live(thread, {"-o", record}), 0);
    return kill_at_each(calls_in(record),
                        [&](const Arguments& options) { return live(thread, options) == killed; });
  }

  pid_t thread_id(Thread thread) const {
    std::set<pid_t> ids;
    for (const auto& each :
         fs::directory_iterator(fmt::format("/proc/{}/task", site_.reporterd().id()))) {
      ids.insert(std::stoi(each.path().filename()));
    }
    EXPECT_GE(ids.size(), 2U);
    return thread == Thread::loop ? *ids.begin() : *ids.rbegin();
  }

  Site site_;
  int lives_ = 0;
  int exit_ = 0;
};

TEST_F(KilledAtEachSyscall, OfEnqueueDeliverySettlementAndStopLosesNothingAndStoresNothingTwice) {
  NEEDS_STRACE();
  const std::uint16_t port = closed_port();
  site_.start_collector(port, {"--rate", "0"});
  site_.configure({.destination = to(port)});
  site_.start(traced);
  const int in_loop = kill_in(Thread::loop);
  const int in_writer = kill_in(Thread::writer);
  fmt::print("killed at {} system calls of the loop thread, {} of the writer thread\n", in_loop,
             in_writer);
  EXPECT_GT(in_loop, 20);
  EXPECT_GT(in_writer, 5);

  ASSERT_EQ(site_.stop(), 0);
  EXPECT_EQ(integrity(site_ / "state/outbox.db"), "ok");
  const std::vector<Json> rows = site_.rows();
  std::set<std::string> stored;
  for (const Json& row : rows) {
    stored.insert(row["ts"].get<std::string>());
  }
  EXPECT_EQ(rows.size(), static_cast<std::size_t>(lives_));
  EXPECT_EQ(stored.size(), rows.size());
}

// A folder as a start finds it, and starts from there.
class StartKilledAtEachSyscall : public testing::Test {
 protected:
  static constexpr int delivered = 10;
  static constexpr int queued = 20;

  // Some delivered messages and some that wait, in an outbox that was not closed.
  void fill() {
    HttpServer server([](const ReceivedRequest&) { return ServerAction{.status = 201}; });
    site_.configure({.destination = to(server.port())});
    site_.start();
    for (int i = 0; i < delivered; ++i) {
      ASSERT_EQ(site_.submit(i), "queued");
    }
    ASSERT_TRUE(site_.ledger_has("delivered", delivered));
    ASSERT_EQ(site_.ctl({"pause"}).exit, 0);
    for (int i = 0; i < queued; ++i) {
      ASSERT_EQ(site_.submit(delivered + i), "queued");
    }
    site_.kill9();
  }

  // From here on each start finds the state folder as it is now.
  void keep() { fs::rename(site_ / "state", site_ / "kept"); }
  void restore() const {
    fs::remove_all(site_ / "state");
    fs::copy(site_ / "kept", site_ / "state", fs::copy_options::recursive);
  }

  // What a client can see of it, but for times.
  Json look() const {
    Json waiting = Json::array();
    const Json answer = site_.call("queue.list");
    for (const Json& each : answer["result"]["messages"]) {
      waiting.push_back({each["seq"], each["ts"], each["state"], each["bytes"]});
    }
    return {{"ledger", site_.status()["ledger"]}, {"waiting", std::move(waiting)}};
  }

  // A start until it answers, and then kill -9; its exit code.
  int start_traced(Arguments options) {
    for (const char* name : {"", "/outbox.db", "/outbox.db-wal", "/outbox.db.reserve",
                             "/outbox.db.suspect", "/outbox.db.salvage", "/outbox.db.salvaged"}) {
      options.insert(options.end(), {"-P", site_ / "state" + name});
    }
    const Arguments command = site_.command();
    options.insert(options.end(), command.begin(), command.end());
    restore();
    // -D: the child is reporterd, strace its grandchild.
    options.insert(options.begin(), {"-D", "-f"});
    Program reporterd(strace(options), traced);
    const std::chrono::milliseconds at_once(0);
    reporterd.wait_until([&] { return reporterd.wait(at_once) || site_.client().connected(); });
    ++starts_;
    answered_ = !reporterd.wait(at_once);
    reporterd.kill9();
    return reporterd.wait().value_or(-1);
  }

  // Each start after one that was cut off must end where an undisturbed one does.
  void kill_each_start(const std::function<void()>& also = [] {}) {
    restore();
    site_.start();
    const Json expected = look();
    site_.kill9();
    const std::string record = site_ / "record";
    ASSERT_EQ(start_traced({"-o", record}), killed);
    const int kills = kill_at_each(calls_in(record), [&](const Arguments& options) {
      EXPECT_EQ(start_traced(options), killed);
      const bool was_cut_off = !answered_;
      site_.start();
      EXPECT_EQ(look(), expected);
      also();
      EXPECT_EQ(site_.stop(), 0);
      EXPECT_EQ(integrity(site_ / "state/outbox.db"), "ok");
      return was_cut_off;
    });
    fmt::print("killed at {} system calls of a start\n", kills);
    EXPECT_GT(kills, 10);
  }

  Site site_;
  int starts_ = 0;
  bool answered_ = false;
};

TEST_F(StartKilledAtEachSyscall, ThatMakesAnOutboxCanBeRepeated) {
  NEEDS_STRACE();
  keep();
  kill_each_start([&] { EXPECT_EQ(site_.submit(1), "queued"); });
}

TEST_F(StartKilledAtEachSyscall, AfterAKillStillFindsAll) {
  NEEDS_STRACE();
  fill();
  keep();
  kill_each_start([&] {
    EXPECT_EQ(site_.status()["ledger"]["queued"], queued);
    EXPECT_EQ(site_.submit(0), "duplicate");
  });
}

TEST_F(StartKilledAtEachSyscall, ThatSalvagesLosesNothingMoreAndKeepsTheDamagedFile) {
  NEEDS_STRACE();
  fill();
  site_.start();
  ASSERT_EQ(site_.stop(), 0);
  const std::string file = site_ / "state/outbox.db";
  std::string bytes = contents(file);
  const std::size_t page = 4096;
  bytes.replace(3 * page, page, page, '\x5a');
  site_.write("state/outbox.db", bytes);
  site_.write("state/outbox.db.suspect", "");
  keep();
  kill_each_start([&] {
    EXPECT_EQ(site_.status()["ledger"]["queued"], queued);
    bool kept = false;
    for (const auto& each : fs::directory_iterator(site_ / "state")) {
      kept |= each.path().filename().string().starts_with("outbox.db.damaged") &&
              contents(each.path()) == bytes;
    }
    EXPECT_TRUE(kept);
  });
}

}  // namespace
}  // namespace reporterd
