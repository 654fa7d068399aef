#pragma once
// The least an endpoint can be: HTTP/1.1 with keep-alive on one thread, 200 and {} to every POST at
// once, unless it is asked to be a bad one. It notes which of the sample messages it took, and when
// the first and the last.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

namespace reporterd {

// What is wrong with a bad endpoint.
struct Trouble {
  double failing = 0;                   // share of the requests that get a 500 and are not taken
  std::chrono::milliseconds late{0};    // every reply comes so much later
  std::chrono::milliseconds silent{0};  // what comes so soon after start() is never answered
};

class BareReceiver {
 public:
  // Takes a free port of 127.0.0.1. Until start() connections to it are refused.
  explicit BareReceiver(std::size_t messages, Trouble trouble = {});
  ~BareReceiver();
  BareReceiver(const BareReceiver&) = delete;
  BareReceiver& operator=(const BareReceiver&) = delete;

  std::string url() const;
  void start();
  // Waits for every message; false: not all came within the limit.
  bool wait_for_all(std::chrono::milliseconds limit) const;

  std::size_t distinct() const { return distinct_; }
  std::size_t repeated() const { return repeated_; }
  std::size_t requests() const { return requests_; }
  // From the first request to the last one. Only once all have come.
  double seconds() const { return std::chrono::duration<double>(last_ - first_).count(); }

 private:
  using SteadyClock = std::chrono::steady_clock;
  struct Connection {
    std::uint64_t id = 0;  // descriptors are used again
    std::string received;  // what came and is no whole request yet
  };
  struct LateReply {
    SteadyClock::time_point due;
    int connection = -1;
    std::uint64_t id = 0;
    std::string_view text;
  };

  void serve();
  int until_next_reply() const;
  void send_late_replies();
  void accept_all();
  bool read_from(int connection);
  bool answer(int connection, Connection& state);
  bool reply_to(int connection, const Connection& state, std::string_view body);
  void note(std::string_view body);

  int listener_ = -1;
  int poller_ = -1;
  int stop_ = -1;
  Trouble trouble_;
  std::minstd_rand dice_;  // always the same sequence
  SteadyClock::time_point started_;
  std::uint64_t accepted_ = 0;
  std::unordered_map<int, Connection> connections_;
  std::deque<LateReply> late_;
  std::vector<bool> seen_;
  SteadyClock::time_point first_;
  SteadyClock::time_point last_;
  std::atomic<std::size_t> distinct_ = 0;
  std::atomic<std::size_t> repeated_ = 0;
  std::atomic<std::size_t> requests_ = 0;
  std::thread thread_;
};

}  // namespace reporterd
