#include "tests/bench/measured_service.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sstream>
#include <string_view>
#include <vector>

#include "tests/bench/sample_messages.h"
#include "tests/bench/submit_connection.h"

namespace reporterd {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::chrono::seconds start_limit{30};
constexpr std::chrono::seconds submit_limit{300};

// The number behind `name` in a file of /proc; 0: it is not there.
long field(const std::string& path, std::string_view name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name)) {
      long value = 0;
      std::istringstream(line.substr(name.size())) >> value;
      return value;
    }
  }
  return 0;
}

}  // namespace

MeasuredService::MeasuredService(std::string program, std::filesystem::path folder,
                                 const std::string& url, std::size_t batch, std::size_t in_flight)
    : executable_(std::move(program)), folder_(std::move(folder)) {
  std::filesystem::create_directories(folder_ / "run");
  std::ofstream(folder_ / "reporterd.yaml") << fmt::format(
      "telemetry: {{ enabled: true, noticePeriod: 0s }}\n"
      "butlers: []\n"
      "report: {{ interval: 12h, startSpread: 0s }}\n"
      "destination: {{ type: http, url: \"{}\", body: envelope, batch: {}, inFlight: {},"
      " connectTimeout: 5s, timeout: 5s }}\n"
      "retry: {{ base: 100ms, cap: 1s, messageBase: 10ms, networkBackWithin: 0s,"
      " spreadRetryAfter: false }}\n"
      "outbox: {{ maxBytes: 16GiB }}\n"
      "history: {{ keep: 1d, maxBytes: 1GiB }}\n"
      "log: {{ level: warn }}\n",
      url, batch, in_flight);
}

std::optional<double> MeasuredService::start() {
  const std::string folder = folder_.string();
  const auto begin = SteadyClock::now();
  program_ =
      std::make_unique<Program>(Arguments{executable_, "--config", folder + "/reporterd.yaml",
                                          "--state-dir", folder, "--socket-dir", folder + "/run"});
  while (SteadyClock::now() < begin + start_limit) {
    if (SubmitConnection(socket()).connected()) {
      return std::chrono::duration<double, std::milli>(SteadyClock::now() - begin).count();
    }
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return std::nullopt;
}

void MeasuredService::kill() {
  program_.reset();
}

bool MeasuredService::stop() {
  program_->ask_to_stop();
  return program_->wait() == 0;
}

std::expected<double, std::string> MeasuredService::submit(std::size_t messages, int connections,
                                                           std::size_t window) const {
  std::vector<std::unique_ptr<SubmitConnection>> clients;
  std::vector<pollfd> events;
  for (int i = 0; i < connections; ++i) {
    clients.push_back(std::make_unique<SubmitConnection>(socket()));
    events.push_back({clients.back()->descriptor(), 0, 0});
  }
  const auto begin = SteadyClock::now();
  std::size_t next = 0;
  std::size_t answered = 0;
  while (answered < messages) {
    for (std::size_t i = 0; i < clients.size(); ++i) {
      while (next < messages && clients[i]->unanswered() < window) {
        clients[i]->add(next++);
      }
      if (!clients[i]->send()) {
        return std::unexpected("the connection is over");
      }
      events[i].events = static_cast<short>(POLLIN | (clients[i]->all_sent() ? 0 : POLLOUT));
    }
    if (poll(events.data(), events.size(), 10'000) <= 0 ||
        SteadyClock::now() > begin + submit_limit) {
      return std::unexpected(
          fmt::format("only {} of {} were answered in time", answered, messages));
    }
    for (std::size_t i = 0; i < clients.size(); ++i) {
      if ((events[i].revents & ~POLLOUT) == 0) {
        continue;
      }
      const auto accepted = clients[i]->receive();
      if (!accepted) {
        return std::unexpected(accepted.error());
      }
      answered += *accepted;
    }
  }
  const std::chrono::duration<double> seconds = SteadyClock::now() - begin;
  return static_cast<double>(messages) / seconds.count();
}

long MeasuredService::voluntary_switches() const {
  long sum = 0;
  for (const auto& task : std::filesystem::directory_iterator(path_of("task"))) {
    sum += field(task.path() / "status", "voluntary_ctxt_switches:");
  }
  return sum;
}

long MeasuredService::anonymous_kib() const {
  return field(path_of("smaps_rollup"), "Anonymous:");
}

std::string MeasuredService::path_of(const char* name) const {
  return fmt::format("/proc/{}/{}", program_->id(), name);
}

MemoryPeak::MemoryPeak(const MeasuredService& service)
    : thread_([this, &service] {
        while (!over_) {
          peak_ = std::max(peak_.load(), service.anonymous_kib());
          std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
      }) {}

MemoryPeak::~MemoryPeak() {
  over_ = true;
  thread_.join();
}

}  // namespace reporterd
