#pragma once
// A flight recorder in a folder of its own.

#include <gtest/gtest.h>

#include <cstddef>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/io/flight_file.h"
#include "tests/support/temp_folder.h"

namespace reporterd {

class FlightFileTest : public testing::Test {
 protected:
  static constexpr std::size_t small = 4096;

  std::unique_ptr<FlightFile> open() const {
    auto file = FlightFile::open(name_of(folder_.path()), small);
    EXPECT_TRUE(file) << file.error().what;
    return file ? std::move(*file) : nullptr;
  }
  std::string on_disk() const {
    std::ostringstream text;
    text << std::ifstream(folder_ / "flight-0.log", std::ios::binary).rdbuf()
         << std::ifstream(folder_ / "flight-1.log", std::ios::binary).rdbuf();
    return text.str();
  }
  void overwrite(std::size_t at, std::string_view bytes) const {
    std::fstream file(folder_ / "flight-1.log", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at));
    file << bytes;
  }

  TempFolder folder_;
};

}  // namespace reporterd
