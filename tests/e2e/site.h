#pragma once
// A scratch installation: a folder with configuration, state and sockets, the reporterd that runs
// in it, and a collector beside it.

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tests/e2e/local_client.h"
#include "tests/e2e/programs.h"
#include "tests/support/temp_folder.h"

namespace reporterd {

using Json = nlohmann::json;

inline const std::string sample_id(64, 'a');

// The inside of each section's braces. Trouble is over quickly, and nothing waits before it sends.
struct Sections {
  std::string destination = R"(url: "")";
  std::string telemetry = "noticePeriod: 0s";
  std::string retry =
      "base: 50ms, cap: 200ms, messageBase: 20ms, networkBackWithin: 50ms, spreadRetryAfter: false";
  std::string butlers = " ";              // reported() of each
  std::string rest = "# nothing more\n";  // whole sections
};

class Site {
 public:
  Site();

  std::string operator/(std::string_view name) const { return folder_ / name; }
  const std::filesystem::path& path() const { return folder_.path(); }
  void write(std::string_view name, std::string_view text) const;
  // As whoever must not show half of it: another file, renamed.
  void replace(const std::string& name, std::string_view text) const;

  // Writes reporterd.yaml.
  void configure(const Sections& sections) const;
  // A small Butler configuration under this name, and its package.json.
  std::string add_butler(const std::string& name, const std::string& switch_text = "true") const;

  Arguments command() const;
  // Starts reporterd and waits until it answers.
  void start(const Arguments& environment = {});
  Program& reporterd() const { return *reporterd_; }
  void kill9() const;
  // In good order; the exit code.
  std::optional<int> stop() const;

  // At the control or the "submit" socket.
  LocalClient client(std::string_view which = "control") const;
  // The whole answer to a request line on the control socket; null: none came.
  Json ask(const std::string& request) const;
  Json call(std::string_view method, const Json& params = Json::object()) const;
  Json status() const;
  // Hands in the message with this number; "queued", "duplicate" or the error's text.
  std::string submit(int number) const;
  Ended ctl(const Arguments& arguments) const;

  testing::AssertionResult reaches(const std::function<bool(const Json& status)>& condition,
                                   std::chrono::milliseconds limit = event_limit) const;
  testing::AssertionResult becomes(const std::string& condition) const;
  // All that was accepted is there or settled, and so many are in this column of the ledger.
  testing::AssertionResult ledger_has(const std::string& column, std::int64_t count) const;

  void start_collector(std::uint16_t port, const Arguments& more = {});
  Program& collector() const { return *collector_; }
  void kill_collector() { collector_.reset(); }
  std::vector<Json> rows() const;
  Json collector_counts() const;

 private:
  Json query() const;

  TempFolder folder_;
  std::unique_ptr<Program> reporterd_;
  std::unique_ptr<Program> collector_;
};

// An entry of `butlers`.
std::string reported(const std::string& config_file);
// A whole message, its ts made of its number.
std::string message(int number);
// A request line.
std::string line(std::string_view method, const Json& params = Json::object(), int id = 1);
std::string submit_line(int number);

std::string contents(const std::string& file);

// The `url` of a `destination` section.
std::string to(std::uint16_t port);

}  // namespace reporterd
