#pragma once
// A connected local client, seen from both ends: io/ carries bytes, control/ gives them meaning.

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace reporterd {

// The hand's end: what a protocol may do to its connection. Loop thread only.
class Stream {
 public:
  virtual ~Stream() = default;
  // Queues bytes for the client. What the client does not read counts against its limit; when
  // that is exceeded the connection is cut.
  virtual void write(std::string bytes) = 0;
  // Stops or resumes reading from the client (back-pressure).
  virtual void pause_reading(bool paused) = 0;
  // Closes after what was written is sent.
  virtual void finish() = 0;
};

// The protocol's end, one per connection; destroyed when the connection is gone.
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  virtual void received(std::string_view bytes) = 0;
  // The client sends no more, but may still read. true: close now; false: the handler calls
  // finish() when it has answered.
  virtual bool ended() { return true; }
};

using StreamAccept = std::function<std::unique_ptr<StreamHandler>(Stream&)>;

}  // namespace reporterd
