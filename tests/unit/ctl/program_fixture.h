#pragma once
// The real reporterctl against a real socket, or pipe, whose other end is the real Session over a
// fake Service, or a script that behaves badly.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/control/session.h"
#include "daemon/path.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/control/fakes.h"
#include "tests/unit/ctl/fake_server.h"
#include "tests/unit/ctl/run_program.h"

namespace reporterd {

using Json = nlohmann::ordered_json;

inline std::string contents(const std::string& file) {
  std::ifstream stream(path_of(file), std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline std::string result(const std::string& line, const std::string& json) {
  return fmt::format("{{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":{}}}\n",
                     Json::parse(line)["id"].dump(), json);
}

inline std::string error(const std::string& line, int code, const std::string& why) {
  return fmt::format(
      "{{\"jsonrpc\":\"2.0\",\"id\":{},\"error\":{{\"code\":{},\"message\":\"{}\"}}}}\n",
      Json::parse(line)["id"].dump(), code, why);
}

class ProgramTest : public ::testing::Test {
 protected:
  void TearDown() override { server_.reset(); }

  void serve(testing::FakeServer::Script script) { server_.emplace(socket_, std::move(script)); }

  // The real protocol over service_.
  void serve_service() {
    serve([this](const std::string& line) {
      Session session(stream_, service_, reader_, Access::control, {});
      session.received(line + "\n");
      return stream_.take();
    });
  }

  // A file in the folder where the program runs.
  void write(std::string_view name, std::string_view text) const {
    std::ofstream(path_of(folder_ + "/" + std::string(name)), std::ios::binary) << text;
  }

  // Runs the program; its exit code. `arguments` are separated by blanks.
  int run(std::string_view arguments, std::string_view input = "") {
    std::vector<std::string> command = runner_;
    command.insert(command.end(), {program_under_test(), "--socket", socket_});
    std::istringstream words{std::string(arguments)};
    command.insert(command.end(), std::istream_iterator<std::string>(words), {});
    write("in", input);
    const int exit = run_program(folder_, command);
    out_ = contents(folder_ + "/out");
    err_ = contents(folder_ + "/err");
    return exit;
  }

  TempFolder temp_folder_;
  std::string folder_ = name_of(temp_folder_.path());
  std::vector<std::string> runner_;  // a command that runs the program; empty for none
  std::string socket_ = testing::FakeServer::socket_in(folder_);
  std::string out_;
  std::string err_;
  testing::FakeStream stream_;
  testing::FakeService service_;
  RequestReader reader_;
  std::optional<testing::FakeServer> server_;
};

}  // namespace reporterd
