// Completions in the shells themselves.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/e2e/site.h"

namespace reporterd {
namespace {

namespace fs = std::filesystem;

// What `script` prints in a shell that finds reporterctl; a lacking shell skips the test.
std::string in_shell(const std::string& shell, const Arguments& options,
                     const std::string& script) {
  const Site site;
  const std::string bin = fs::path(site.command().front()).parent_path();
  Arguments command = {shell};
  command.insert(command.end(), options.begin(), options.end());
  command.push_back(script);
  const Ended ended = run(command, {"PATH=" + bin + ":/usr/bin:/bin", "HOME=" + site / ""});
  EXPECT_EQ(ended.exit, 0) << ended.output;
  return ended.output;
}

TEST(CompletionIn, Bash) {
  const auto completed = [](const std::string& words, const std::string& last) {
    return in_shell("/bin/bash", {"--norc", "-c"},
                    "source <(reporterctl completion bash) && complete -p reporterctl >/dev/null; "
                    "COMP_WORDS=(reporterctl " +
                        words + " '" + last +
                        "'); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
                        "compopt() { echo files; }; _reporterctl; printf '%s\\n' "
                        "\"${COMPREPLY[@]}\"");
  };
  EXPECT_EQ(completed("queue", "re"), "requeue\n");
  EXPECT_EQ(completed("history list --state", "de"), "delivered\ndeleted\n");
  EXPECT_EQ(completed("submit", ""), "files\n\n");
  EXPECT_EQ(completed("resume", ""), "\n");
}

TEST(CompletionIn, Zsh) {
  if (!fs::exists("/usr/bin/zsh")) {
    GTEST_SKIP() << "there is no zsh here";
  }
  EXPECT_EQ(in_shell("/usr/bin/zsh", {"-f", "-c"},
                     "autoload -Uz compinit; compinit -u -D; "
                     "source <(reporterctl completion zsh); print ${_comps[reporterctl]}; "
                     "compadd() { shift; print -l -- $@; }; _files() { print files; }; "
                     "words=(reporterctl queue re); CURRENT=3; _reporterctl; "
                     "words=(reporterctl submit ''); CURRENT=3; _reporterctl"),
            "_reporterctl\nrequeue\nfiles\n");
}

TEST(CompletionIn, Fish) {
  if (!fs::exists("/usr/bin/fish")) {
    GTEST_SKIP() << "there is no fish here";
  }
  EXPECT_EQ(in_shell("/usr/bin/fish", {"--no-config", "-c"},
                     "reporterctl completion fish | source; complete -C 'reporterctl queue re'; "
                     "complete -C 'reporterctl st'; cd /usr; "
                     "complete -C 'reporterctl submit bi'"),
            "requeue\nstatus\nbin/\n");
}

}  // namespace
}  // namespace reporterd
