#pragma once
// The least an endpoint can be: HTTP/1.1 with keep-alive on one thread, 200 and {} to every POST at
// once. It notes which of the sample messages came, and when the first and the last request did.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace reporterd {

class BareReceiver {
 public:
  // Takes a free port of 127.0.0.1. Until start() connections to it are refused.
  explicit BareReceiver(std::size_t messages);
  ~BareReceiver();
  BareReceiver(const BareReceiver&) = delete;
  BareReceiver& operator=(const BareReceiver&) = delete;

  std::string url() const;
  void start();
  // Waits for every message; false: not all came within the limit.
  bool wait_for_all(std::chrono::milliseconds limit) const;

  std::size_t distinct() const { return distinct_; }
  std::size_t repeated() const { return repeated_; }
  // From the first request to the last one. Only once all have come.
  double seconds() const { return std::chrono::duration<double>(last_ - first_).count(); }

 private:
  using SteadyClock = std::chrono::steady_clock;

  void serve();
  void accept_all();
  bool read_from(int connection);
  bool answer(int connection, std::string& received);
  void note(std::string_view body);

  int listener_ = -1;
  int poller_ = -1;
  int stop_ = -1;
  std::unordered_map<int, std::string> connections_;  // what came and is no whole request yet
  std::vector<bool> seen_;
  SteadyClock::time_point first_;
  SteadyClock::time_point last_;
  std::atomic<std::size_t> distinct_ = 0;
  std::atomic<std::size_t> repeated_ = 0;
  std::thread thread_;
};

}  // namespace reporterd
