#include "tests/e2e/own_namespace.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "daemon/core/assert.h"

namespace reporterd {
namespace {

constexpr const char* inside_variable = "REPORTERD_TEST_IN_NAMESPACE";
constexpr int not_permitted = 99;

bool write_file(const char* file, std::string_view text) {
  const int fd = open(file, O_WRONLY | O_CLOEXEC);
  const bool written =
      fd >= 0 && write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(fd);
  return written;
}

bool enter(int namespaces) {
  const uid_t uid = getuid();
  const gid_t gid = getgid();
  if (uid != 0) {
    namespaces |= CLONE_NEWUSER;
  }
  if (unshare(namespaces) != 0) {
    return false;
  }
  if (uid != 0 && (!write_file("/proc/self/setgroups", "deny") ||
                   !write_file("/proc/self/uid_map", fmt::format("0 {} 1", uid)) ||
                   !write_file("/proc/self/gid_map", fmt::format("0 {} 1", gid)))) {
    return false;
  }
  return mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

// In the child, which has one thread: the same program again, with this one test.
[[noreturn]] void become_the_test(int namespaces, const std::string& name) {
  if (!enter(namespaces)) {
    fmt::print("{}\n", std::generic_category().message(errno));
    std::fflush(stdout);
    _exit(not_permitted);
  }
  setenv(inside_variable, "1", 1);  // NOLINT(concurrency-mt-unsafe): a fork has one thread
  const std::string filter = "--gtest_filter=" + name;
  execl("/proc/self/exe", "e2e_test", filter.c_str(), nullptr);
  _exit(1);
}

}  // namespace

OwnNamespace in_own_namespace(int namespaces) {
  OwnNamespace own;
  if (std::getenv(inside_variable) != nullptr) {  // NOLINT(concurrency-mt-unsafe): as above
    own.inside = true;
    return own;
  }
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  const std::string name = fmt::format("{}.{}", test->test_suite_name(), test->name());
  std::array<int, 2> ends{};
  ASSERT(pipe2(ends.data(), O_CLOEXEC) == 0);
  const pid_t child = fork();
  ASSERT(child >= 0);
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    become_the_test(namespaces | CLONE_NEWNS, name);
  }
  close(ends[1]);
  std::array<char, 4096> buffer{};
  for (ssize_t count = 0; (count = read(ends[0], buffer.data(), buffer.size())) > 0;) {
    own.why.append(buffer.data(), static_cast<std::size_t>(count));
  }
  close(ends[0]);
  int state = 0;
  waitpid(child, &state, 0);
  own.permitted = !WIFEXITED(state) || WEXITSTATUS(state) != not_permitted;
  if (const std::size_t reason = own.why.find("NOT TESTED"); reason != std::string::npos) {
    own.skipped = true;
    own.why = own.why.substr(reason, own.why.find('\n', reason) - reason);
  }
  own.passed = WIFEXITED(state) && WEXITSTATUS(state) == 0;
  return own;
}

}  // namespace reporterd
