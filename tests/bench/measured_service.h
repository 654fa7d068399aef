#pragma once
// The real reporterd in a folder of its own, and what can be seen of it from outside.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "tests/e2e/programs.h"

namespace reporterd {

class MeasuredService {
 public:
  // Policy times are short and limits wide: what is measured is the work, not the waiting.
  MeasuredService(std::string program, std::filesystem::path folder, const std::string& url,
                  std::size_t batch, std::size_t in_flight);

  // Starts it; the milliseconds until its submit socket took a connection. nullopt: it did not.
  std::optional<double> start();
  // kill -9.
  void kill();
  // SIGTERM; false: it did not end well.
  bool stop();
  const std::string& output() { return program_->output(); }

  // Hands in the sample messages over so many connections, with so many unanswered on each.
  // Messages per second until the last answer. An error: one was not accepted, or it took too long.
  std::expected<double, std::string> submit(std::size_t messages, int connections,
                                            std::size_t window) const;

  // Of all its threads, since each began.
  long voluntary_switches() const;
  long anonymous_kib() const;

 private:
  std::string path_of(const char* name) const;
  std::filesystem::path socket() const { return folder_ / "run" / "submit" / "socket"; }

  std::string executable_;
  std::filesystem::path folder_;
  std::unique_ptr<Program> program_;
};

// Watches the service's anonymous memory, every 50 ms, as long as it lives.
class MemoryPeak {
 public:
  explicit MemoryPeak(const MeasuredService& service);
  ~MemoryPeak();
  MemoryPeak(const MemoryPeak&) = delete;
  MemoryPeak& operator=(const MemoryPeak&) = delete;

  long kib() const { return peak_; }

 private:
  std::atomic<bool> over_ = false;
  std::atomic<long> peak_ = 0;
  std::thread thread_;
};

}  // namespace reporterd
