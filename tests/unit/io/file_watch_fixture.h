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

  // Shows that nothing was told, by making a change that is told later than all before it.
  testing::AssertionResult nothing_told_after(const std::function<void()>& change) {
    told_.clear();
    change();
    const std::string marker = folder_ / "marker";
    FileWatch other(loop_, [this](const std::string&) { marker_told_ = true; });
    marker_told_ = false;
    if (!other.set_files({marker})) {
      return testing::AssertionFailure() << "cannot watch";
    }
    write_file(marker, "x");
    if (auto ran = run_until(loop_, [this] { return marker_told_; }); !ran) {
      return ran;
    }
    run_ready(loop_);
    return told_.empty() ? testing::AssertionSuccess()
                         : testing::AssertionFailure() << "told: " << told_.front();
  }

  TempFolder folder_;
  Loop loop_;
  std::vector<std::string> told_;
  bool marker_told_ = false;
  FileWatch watch_{loop_, [this](const std::string& file) { told_.push_back(file); }};
};

}  // namespace reporterd
