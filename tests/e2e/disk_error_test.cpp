// A disk that answers with errors, once or for a while: EIO and ENOSPC injected into the real
// program's calls. What was acknowledged stays, the trouble is told, and when it is over reporterd
// goes on by itself.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/e2e/site.h"
#include "tests/e2e/tracer.h"
#include "tests/support/http_server.h"

namespace reporterd {
namespace {

struct BadDisk {
  const char* name;
  const char* call;
  const char* file;  // of the state folder
  bool refuses;      // while it lasts, nothing more is acknowledged
};

class DiskError : public testing::TestWithParam<std::tuple<BadDisk, const char*>> {
 protected:
  DiskError() {
    const std::uint16_t port = closed_port();
    site_.start_collector(port, {"--rate", "0"});
    // A small WAL, so that it is copied into the file after every few messages.
    site_.configure({.destination = to(port), .rest = "outbox: { maxBytes: 1MiB }"});
  }

  // The parameter's fault at these calls.
  Arguments fault(const std::string& when) const {
    const auto& [disk, error] = GetParam();
    Arguments options = {"-f", "-o", site_ / "trace", "-P", site_ / "state/" + disk.file};
    if (disk.call == std::string_view("openat")) {  // opened again after a failure only
      options.insert(options.end(), {"-P", site_ / "state/outbox.db-wal", "-e",
                                     "inject=fdatasync:error=EIO:when=1"});
    }
    options.insert(options.end(),
                   {"-e", fmt::format("inject={}:error={}:when={}", disk.call, error, when)});
    return options;
  }
  bool disk_is_full() const { return std::get<1>(GetParam()) == std::string_view("ENOSPC"); }

  // Hands in the next message; whether it was acknowledged.
  bool submit() {
    const int number = next_++;
    const Json answer = site_.ask(submit_line(number));
    if (answer.contains("result")) {
      acknowledged_.insert(number);
      return true;
    }
    EXPECT_TRUE(answer.contains("error") &&
                (answer["error"]["code"] == -32012 || answer["error"]["code"] == -32005))
        << answer.dump();
    return false;
  }
  // The one that was handed in last, until it is taken.
  bool goes_on() {
    return site_.reporterd().wait_until([&] {
      const std::string state = site_.submit(next_ - 1);
      return state == "queued" || state == "duplicate";
    });
  }
  int said(const std::string& words) const {
    const std::string& log = site_.reporterd().output();
    int count = 0;
    for (std::size_t at = log.find(words); at != std::string::npos; at = log.find(words, at + 1)) {
      ++count;
    }
    return count;
  }

  void fail_single_calls() {
    for (int n = 1; n <= 4; ++n) {
      Tracer tracer(site_.reporterd().id(), fault(std::to_string(n)));
      for (int i = 0; i < 4; ++i) {
        submit();
      }
      tracer.detach();
      ASSERT_TRUE(goes_on());
    }
  }

  void fail_all_calls_for_a_while() {
    Tracer tracer(site_.reporterd().id(), fault("1+"));
    bool taken = true;
    for (int i = 0; i < 50 && taken; ++i) {
      taken = submit();
    }
    const Json status = site_.status();
    EXPECT_EQ(!taken, std::get<0>(GetParam()).refuses) << status["storage"].dump();
    EXPECT_LT(status["storage"]["bytesUsed"], status["storage"]["bytesLimit"]);
    EXPECT_EQ(!taken, status["storage"]["diskFull"] == true || !status["warnings"].empty());
    EXPECT_TRUE(taken || said("the outbox cannot be written") + said("the disk is full") > 0);
    tracer.detach();
    EXPECT_NE(contents(site_ / "trace").find("(INJECTED)"), std::string::npos);
    ASSERT_TRUE(goes_on());
    const auto over = [&] {
      return said("the outbox cannot be written") == said("the outbox works again") &&
             said("the disk is full") == said("the disk has space again");
    };
    EXPECT_TRUE(site_.reporterd().wait_until(over)) << site_.reporterd().output();
  }

  Site site_;
  int next_ = 0;
  std::set<int> acknowledged_;
};

TEST_P(DiskError, LosesNothingIsToldAndPasses) {
  NEEDS_STRACE();
  site_.start(traced);
  if (!disk_is_full()) {  // that would be looked at again only after seconds
    fail_single_calls();
  }
  fail_all_calls_for_a_while();
  site_.kill9();
  site_.start();
  for (int number = 0; number < next_; ++number) {
    const std::string state = site_.submit(number);
    EXPECT_TRUE(state == "duplicate" || (state == "queued" && !acknowledged_.contains(number)))
        << number << ": " << state;
  }
  EXPECT_TRUE(site_.ledger_has("delivered", next_));
  EXPECT_EQ(site_.status()["ledger"]["lost"], 0);
  EXPECT_EQ(site_.rows().size(), static_cast<std::size_t>(next_));
}

std::string name_of_fault(const testing::TestParamInfo<DiskError::ParamType>& test) {
  return std::string(std::get<0>(test.param).name) + std::get<1>(test.param);
}

INSTANTIATE_TEST_SUITE_P(
    Of, DiskError,
    testing::Combine(testing::Values(BadDisk{"WalWrite", "pwrite64", "outbox.db-wal", true},
                                     BadDisk{"WalSync", "fdatasync", "outbox.db-wal", true},
                                     BadDisk{"FileWrite", "pwrite64", "outbox.db", true},
                                     BadDisk{"OpeningAgain", "openat", "outbox.db", true}),
                     testing::Values("EIO", "ENOSPC")),
    name_of_fault);
INSTANTIATE_TEST_SUITE_P(
    OfToo, DiskError,
    testing::Combine(testing::Values(BadDisk{"WalTruncate", "ftruncate", "outbox.db-wal", false},
                                     BadDisk{"FileSync", "fdatasync", "outbox.db", true},
                                     BadDisk{"FileTruncate", "ftruncate", "outbox.db", true}),
                     testing::Values("EIO")),
    name_of_fault);

}  // namespace
}  // namespace reporterd
