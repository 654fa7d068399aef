#pragma once
// A FileWatch on a loop, and what it told.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/io/file_watch.h"
#include "tests/support/loop_runner.h"
#include "tests/support/temp_folder.h"

namespace reporterd {

inline void write_file(const std::string& file, std::string_view text) {
  std::ofstream(path_of(file)) << text;
}

class FileWatchTest : public testing::Test {
 protected:
  // Makes the change, and waits until `file` is told.
  template <class Change>
  testing::AssertionResult told_after(const std::string& file, Change change) {
    told_.clear();
    change();
    return run_until(loop_, [&] { return std::ranges::find(told_, file) != told_.end(); });
  }

  // Makes another change, and waits until that is told: all before it was told then.
  testing::AssertionResult all_is_told() {
    const std::string marker = folder_ / "marker";
    bool marker_told = false;
    FileWatch other(loop_, [&](const std::string&) { marker_told = true; });
    if (!other.set_files({marker})) {
      return testing::AssertionFailure() << "cannot watch";
    }
    write_file(marker, "x");
    auto ran = run_until(loop_, [&] { return marker_told; });
    run_ready(loop_);
    return ran;
  }

  // One write may be several changes, and the last of them come late.
  testing::AssertionResult nothing_told_after(const std::function<void()>& change) {
    if (auto before = all_is_told(); !before) {
      return before;
    }
    told_.clear();
    change();
    if (auto after = all_is_told(); !after) {
      return after;
    }
    return told_.empty() ? testing::AssertionSuccess()
                         : testing::AssertionFailure() << "told: " << told_.front();
  }

  TempFolder folder_;
  Loop loop_;
  std::vector<std::string> told_;
  FileWatch watch_{loop_, [this](const std::string& file) { told_.push_back(file); }};
};

}  // namespace reporterd
