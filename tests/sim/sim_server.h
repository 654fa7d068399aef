#pragma once
// The other end: a network with a weather, and a receiver that stores each key exactly once.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/transport.h"
#include "tests/sim/sim_random.h"

namespace reporterd::sim {

// What the network does with one request.
struct Journey {
  enum class End {
    whole,        // taken and answered
    unreachable,  // surely not taken
    lost_before,  // not taken, but the sender cannot know
    lost_after,   // taken, and the sender cannot know
  };
  End end = End::whole;
  Millis there{0};
  Millis back{0};
  bool tls_problem = false;  // why it is unreachable
  std::string what = {};     // for people; "": what is usual for such an end
};

// Where the simulated transport takes its requests.
class Receiver {
 public:
  virtual ~Receiver() = default;
  virtual Journey draw_journey(const Request& request) = 0;
  // A request arrives. `client_wall` dates a Retry-After that comes without a Date header.
  virtual Reply take(const Request& request, WallTime client_wall) = 0;
};

enum class Weather {
  fine,          // all is taken, with short delays
  flaky,         // losses, delays, isolated errors
  busy,          // 429 and 503, mostly with a Retry-After
  offline,       // nothing gets through
  dead_dns,      // the same, and each name look-up hangs until its time-out
  restarting,    // it comes and goes
  portal,        // something else answers, with a page
  unauthorized,  // 401 or 403
  rejecting,     // 400 for everything
  failing,       // 500 for everything
};
std::string_view name_of(Weather weather);

// A message as it went over the wire.
struct WireMessage {
  std::string key;  // instance id "/" canonical ts
  std::string body;
};
// The messages of a request: a message, an array of them, or what stands in a message's `data`,
// whose envelope is put around it again. They are cut, not parsed: the simulated bodies are of one
// form (sim_server.cpp says which).
std::vector<WireMessage> messages_of(const Request& request);
// A body of that form. `mark` makes bodies differ; the server refuses marks that begin with
// "bad" (400) or "big" (413), always.
std::string body_of(std::string_view instance_id, std::string_view ts, std::string_view mark,
                    std::size_t padding);
bool is_refused(std::string_view body);

class SimServer final : public Receiver {
 public:
  explicit SimServer(Random& random) : random_(random) {}

  void set_weather(Weather weather) { weather_ = weather; }
  Weather weather() const { return weather_; }

  Journey draw_journey(const Request& request) override;
  Reply take(const Request& request, WallTime client_wall) override;

  // The stored body of a key; nullptr: it never came.
  const std::string* stored(const std::string& key) const;
  std::size_t count() const { return stored_.size(); }
  // What went wrong here: a key came with other bytes than before.
  const std::optional<std::string>& violation() const { return violation_; }

 private:
  Reply ask_to_wait(WallTime client_wall);
  Reply store_all(const std::vector<WireMessage>& messages);
  int store(const WireMessage& message);  // the status for it

  Random& random_;
  Weather weather_ = Weather::fine;
  std::map<std::string, std::string> stored_;
  std::optional<std::string> violation_;
};

}  // namespace reporterd::sim
