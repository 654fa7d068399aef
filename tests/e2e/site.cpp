#include "tests/e2e/site.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "daemon/core/assert.h"
#include "daemon/places.h"

namespace reporterd {
namespace {

// REPORTERD_PROGRAMS: the programs of another build.
std::string program(const std::string& name) {
  const char* folder =
      std::getenv("REPORTERD_PROGRAMS");  // NOLINT(concurrency-mt-unsafe): never set here
  return folder == nullptr ? built_program(name) : folder + ("/" + name);
}

}  // namespace

Site::Site() {
  std::filesystem::create_directories(path() / "state");
  configure({});
}

void Site::write(std::string_view name, std::string_view text) const {
  std::filesystem::create_directories(path_of(*this / name).parent_path());
  std::ofstream file(path_of(*this / name), std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  ASSERT(file.good());
}

void Site::replace(const std::string& name, std::string_view text) const {
  write(name + ".new", text);
  const auto until = std::chrono::steady_clock::now() + event_limit;
  std::error_code refused;  // by Windows, while reporterd reads the old one
  do {
    std::filesystem::rename(*this / (name + ".new"), *this / name, refused);
  } while (refused && std::chrono::steady_clock::now() < until);
  ASSERT(!refused);
}

void Site::configure(const Sections& sections) const {
  const std::string text = fmt::format(
      "telemetry: {{ {} }}\nreport: {{ startSpread: 0s }}\ndestination: {{ {} }}\n"
      "retry: {{ {} }}\nbutlers: [ {} ]\n{}\n",
      sections.telemetry, sections.destination, sections.retry, sections.butlers, sections.rest);
  write("reporterd.yaml", text);
}

std::string Site::add_butler(const std::string& name, const std::string& switch_text) const {
  write(name + "/package.json", R"({ "name": "butler", "version": "5.1.0" })");
  write(name + "/config/production.yaml",
        fmt::format("Butler:\n  anonTelemetry: {}\n  uptimeMonitor:\n    enable: true\n"
                    "  restServerEndpointsEnable:\n    butlerping: true\n"
                    "  configQRS:\n    host: sense.example.com\n",
                    switch_text));
  return *this / (name + "/config/production.yaml");
}

Arguments Site::command() const {
  return {program("reporterd"), "--config",     *this / "reporterd.yaml", "--state-dir",
          *this / "state",      "--socket-dir", socket_dir_of(path())};
}

void Site::start(const Arguments& environment) {
  reporterd_ = std::make_unique<Program>(command(), environment);
  const std::chrono::milliseconds at_once(0);
  reporterd_->wait_until([&] { return client().connected() || reporterd_->wait(at_once); });
  ASSERT_TRUE(client().connected()) << reporterd_->output();
}

void Site::kill9() const {
  reporterd_->kill9();
  reporterd_->wait();
}

std::optional<int> Site::stop() const {
  reporterd_->ask_to_stop();
  return reporterd_->wait();
}

LocalClient Site::client(std::string_view which) const {
  const std::string socket_dir = socket_dir_of(path());
  return LocalClient(which == "submit" ? submit_socket(socket_dir) : control_socket(socket_dir));
}

Json Site::ask(const std::string& request) const {
  LocalClient client = this->client();
  if (!client.connected() || !client.send(request)) {
    return {};
  }
  const auto answer = client.line(std::chrono::minutes(2));
  return answer ? Json::parse(*answer) : Json();
}

Json Site::call(std::string_view method, const Json& params) const {
  return ask(line(method, params));
}

Json Site::status() const {
  const Json answer = call("status");
  return answer.is_object() && answer.contains("result") ? answer["result"] : Json();
}

std::string Site::submit(int number) const {
  const Json answer = ask(submit_line(number));
  if (answer.contains("result")) {
    return answer["result"]["state"];
  }
  return answer.contains("error") ? answer["error"]["message"].get<std::string>() : "no answer";
}

Ended Site::ctl(const Arguments& arguments) const {
  Arguments command = {program("reporterctl"), "--socket", control_socket(socket_dir_of(path()))};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run(command);
}

testing::AssertionResult Site::reaches(const std::function<bool(const Json& status)>& condition,
                                       std::chrono::milliseconds limit) const {
  Json last;
  const auto met = [&] {
    last = status();
    return last.is_object() && condition(last);
  };
  if (reporterd_->wait_until(met, limit)) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << "last status: " << last.dump() << "\n"
                                     << reporterd_->output();
}

testing::AssertionResult Site::becomes(const std::string& condition) const {
  return reaches([&](const Json& status) { return status["condition"] == condition; });
}

testing::AssertionResult Site::ledger_has(const std::string& column, std::int64_t count) const {
  return reaches([&](const Json& status) {
    return status["ledger"]["balances"] == true && status["ledger"][column] == count;
  });
}

void Site::start_collector(std::uint16_t port, const Arguments& more) {
  Arguments command = {program("reporter-collector"),     "serve", "--listen",
                       fmt::format("127.0.0.1:{}", port), "--db",  *this / "collector.db"};
  command.insert(command.end(), more.begin(), more.end());
  collector_ = std::make_unique<Program>(command);
  const bool listens = collector_->wait_until(
      [&] { return collector_->output().find("listening") != std::string::npos; });
  ASSERT_TRUE(listens) << collector_->output();
}

Json Site::query() const {
  const Ended query =
      run({program("reporter-collector"), "query", "--json", "--db", *this / "collector.db"});
  ASSERT(query.exit == 0);
  return Json::parse(query.output);
}

std::vector<Json> Site::rows() const {
  return query()["rows"].get<std::vector<Json>>();
}

Json Site::collector_counts() const {
  return query()["counts"];
}

std::string reported(const std::string& config_file) {
  return fmt::format("{{ configFile: '{}' }}", config_file);
}

std::string message(int number) {
  return fmt::format(
      R"({{"ts":"2026-01-01T{:02}:{:02}:{:02}.{:03}Z","data":{{"service":"butler",)"
      R"("serviceVersion":"5.1.0","system":{{"id":"{}"}},"enabledFeatures":{{"feature":)"
      R"({{"heartbeat":false}}}}}}}})",
      number / 3'600'000 % 24, number / 60'000 % 60, number / 1000 % 60, number % 1000, sample_id);
}

std::string line(std::string_view method, const Json& params, int id) {
  return Json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}.dump() + "\n";
}

std::string submit_line(int number) {
  return fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"submit","params":{{"message":{}}}}})"
                     "\n",
                     number, message(number));
}

std::string contents(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string to(std::uint16_t port) {
  return fmt::format("url: \"http://127.0.0.1:{}/v1/messages\"", port);
}

}  // namespace reporterd
