// The numbers of the whole service, from outside: the release reporterd on real sockets and a real
// disk, beside the raw limit of this machine measured in the same run, in turns. Speeds of a shared
// machine differ by a factor between minutes; the ratios stay. docs/performance.md explains them.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/bare_receiver.h"
#include "tests/bench/measured_service.h"
#include "tests/bench/raw_limits.h"
#include "tests/bench/sample_messages.h"
#include "tests/support/temp_folder.h"

namespace reporterd {
namespace {

constexpr std::size_t in_flight = 64;
constexpr int submitters = 8;
constexpr std::size_t unanswered = 64;
constexpr int starts = 5;
constexpr std::chrono::minutes drain_limit{5};
constexpr std::chrono::seconds quiet_limit{60};
constexpr std::chrono::seconds quiet_for{12};  // longer than connections are kept
constexpr std::chrono::milliseconds look_again{250};
constexpr std::chrono::seconds idle_time{60};

struct Options {
  std::string program = BINARY_DIR "/bin/reporterd";
  std::size_t rounds = 3;
  std::size_t messages = 20'000;
};

// Messages per second, measured in turns.
struct Pairs {
  std::vector<double> raw;
  std::vector<double> ours;
};

struct Figures {
  Pairs intake;
  Pairs singles;
  Pairs batches;
  std::vector<double> start_empty_ms;
  std::vector<double> start_full_ms;
  double quiet_after_s = 0;
  long idle_switches = 0;
  long fresh_kib = 0;  // before the first message
  long idle_kib = 0;
  long peak_kib = 0;
  std::size_t repeated = 0;  // messages that came more than once
};

// Ends the run: what cannot be measured, and every lost message.
void must(bool condition, const std::string& what) {
  if (!condition) {
    throw std::runtime_error(what);
  }
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double ratio(const Pairs& pairs) {
  std::vector<double> ratios(pairs.raw.size());
  std::ranges::transform(pairs.ours, pairs.raw, ratios.begin(), std::divides());
  return median(ratios);
}

double start(MeasuredService& service) {
  const auto took = service.start();
  must(took.has_value(), "reporterd did not start: " + service.output());
  return *took;
}

// Started and killed so many times; it runs afterwards.
std::vector<double> start_times(MeasuredService& service) {
  std::vector<double> times;
  for (int i = 0; i < starts; ++i) {
    service.kill();
    times.push_back(start(service));
  }
  return times;
}

double raw_drain(const Options& options, std::size_t batch) {
  BareReceiver receiver(options.messages);
  receiver.start();
  must(raw_posts(receiver.url(), request_bodies(options.messages, batch), in_flight) &&
           receiver.wait_for_all(std::chrono::seconds(1)),
       "the bare libcurl loop did not post everything");
  return static_cast<double>(options.messages) / receiver.seconds();
}

// With an empty outbox, once what the drain left behind (kept connections) has gone.
void measure_idle(const MeasuredService& service, Figures& figures) {
  const auto begin = std::chrono::steady_clock::now();
  auto last_change = begin;
  long switches = service.voluntary_switches();
  while (std::chrono::steady_clock::now() < last_change + quiet_for) {
    std::this_thread::sleep_for(look_again);
    const auto now = std::chrono::steady_clock::now();
    if (const long counted = service.voluntary_switches(); counted != switches) {
      switches = counted;
      last_change = now;
    }
    must(now < begin + quiet_limit, "reporterd did not become quiet after the drain");
  }
  figures.quiet_after_s = std::chrono::duration<double>(last_change - begin).count();
  std::this_thread::sleep_for(idle_time);
  figures.idle_switches = service.voluntary_switches() - switches;
  figures.idle_kib = service.anonymous_kib();
  must(figures.idle_kib > 0, "the service's memory cannot be read");
}

// Which extra figures a turn takes beside the speeds.
enum class Extra { none, starts_and_idle };

void take_turn(const Options& options, std::size_t batch, Extra extra, Figures& figures) {
  const TempFolder raw_folder;
  figures.intake.raw.push_back(raw_inserts(raw_folder.path(), options.messages));

  const TempFolder folder;
  BareReceiver receiver(options.messages);
  MeasuredService service(options.program, folder.path(), receiver.url(), batch, in_flight);
  start(service);
  if (extra == Extra::starts_and_idle) {
    figures.start_empty_ms = start_times(service);
    figures.fresh_kib = service.anonymous_kib();
  }
  const auto watch = [&](const auto& work) {
    const MemoryPeak peak(service);
    work();
    figures.peak_kib = std::max(figures.peak_kib, peak.kib());
  };
  watch([&] {
    const auto speed = service.submit(options.messages, submitters, unanswered);
    must(speed.has_value(), "intake failed: " + (speed ? "" : speed.error()) + service.output());
    figures.intake.ours.push_back(*speed);
  });
  if (extra == Extra::starts_and_idle) {
    figures.start_full_ms = start_times(service);
  }

  Pairs& drain = batch == 1 ? figures.singles : figures.batches;
  drain.raw.push_back(raw_drain(options, batch));
  watch([&] {
    receiver.start();
    must(receiver.wait_for_all(drain_limit),
         fmt::format("only {} of {} messages came", receiver.distinct(), options.messages));
  });
  drain.ours.push_back(static_cast<double>(options.messages) / receiver.seconds());
  if (extra == Extra::starts_and_idle) {
    measure_idle(service, figures);
  }
  must(service.stop(), "reporterd did not end well: " + service.output());
  figures.repeated += receiver.repeated();
}

void print_speed(const char* what, const Pairs& pairs, const char* goal) {
  fmt::print("{:<34}{:>12.0f}{:>12.0f}{:>8.2f}  {}\n", what, median(pairs.raw), median(pairs.ours),
             ratio(pairs), goal);
}

void print_figure(const char* what, double value, const char* unit, const char* goal) {
  fmt::print("{:<34}{:>12}{:>12.1f}{:>8}  {}\n", what, "", value, unit, goal);
}

void print_table(const Figures& figures) {
  fmt::print("\n{:<34}{:>12}{:>12}{:>8}  {}\n", "", "raw", "reporterd", "ratio", "goal");
  print_speed("durable intake, messages/s", figures.intake, ">= 0.6");
  print_speed("drain one by one, messages/s", figures.singles, ">= 0.6");
  print_speed("drain in batches of 100, msgs/s", figures.batches, ">= 50,000/s");
  print_figure("voluntary switches in 60 s idle", static_cast<double>(figures.idle_switches), "",
               "0");
  print_figure("quiet after the drain", figures.quiet_after_s, "s", "");
  print_figure("anonymous memory, just started", static_cast<double>(figures.fresh_kib) / 1024,
               "MiB", "<= 4");
  print_figure("anonymous memory, idle again", static_cast<double>(figures.idle_kib) / 1024, "MiB",
               "<= 4");
  print_figure("anonymous memory, peak", static_cast<double>(figures.peak_kib) / 1024, "MiB",
               "<= 8");
  print_figure("start to ready, empty queue", median(figures.start_empty_ms), "ms", "<= 25");
  print_figure("start to ready, full queue", median(figures.start_full_ms), "ms", "<= 25");
  print_figure("messages that came twice", static_cast<double>(figures.repeated), "", "0");
  fmt::print("medians; a ratio is the median of those of each turn\n");
}

void print_json(const Options& options, const Figures& figures) {
  const auto pairs = [](const Pairs& of) {
    return nlohmann::ordered_json{{"raw", of.raw}, {"reporterd", of.ours}, {"ratio", ratio(of)}};
  };
  const nlohmann::ordered_json all = {
      {"messages", options.messages},          {"intake", pairs(figures.intake)},
      {"drain", pairs(figures.singles)},       {"drainBatches", pairs(figures.batches)},
      {"idleSwitches", figures.idle_switches}, {"quietAfterSeconds", figures.quiet_after_s},
      {"freshKib", figures.fresh_kib},         {"idleKib", figures.idle_kib},
      {"peakKib", figures.peak_kib},           {"startEmptyMs", figures.start_empty_ms},
      {"startFullMs", figures.start_full_ms},  {"repeated", figures.repeated}};
  fmt::print("{}\n", all.dump());
}

int measure(int count, char** arguments) {
  Options options;
  CLI::App app("Measures reporterd beside the raw limits of this machine.", "service_bench");
  app.add_option("program", options.program, "the reporterd to measure")->check(CLI::ExistingFile);
  app.add_option("--rounds", options.rounds, "how often each thing is measured")
      ->check(CLI::Range(1, 1000));
  app.add_option("--messages", options.messages, "how many are handed in each time")
      ->check(CLI::Range(std::size_t{1}, most_messages));
  CLI11_PARSE(app, count, arguments);

  Figures figures;
  for (std::size_t round = 1; round <= options.rounds; ++round) {
    fmt::print(stderr, "round {} of {}\n", round, options.rounds);
    const bool last = round == options.rounds;
    take_turn(options, 1, last ? Extra::starts_and_idle : Extra::none, figures);
    take_turn(options, 100, Extra::none, figures);
  }
  print_table(figures);
  print_json(options, figures);
  return 0;
}

}  // namespace
}  // namespace reporterd

int main(int count, char** arguments) {
  try {
    return reporterd::measure(count, arguments);
  } catch (const std::exception& error) {
    fmt::print(stderr, "service_bench: {}\n", error.what());
    return 1;
  }
}
