#pragma once
// A local program: plain calls that never wait, driven by the test.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "tests/support/temp_folder.h"

namespace reporterd {

// Where the server of a test listens: a name that no other test uses.
std::string server_name(const TempFolder& folder);

class LocalClient {
 public:
  explicit LocalClient(const std::string& server);
  ~LocalClient();

  bool is_connected() const;
  bool send(std::string_view bytes) { return send_some(bytes) == bytes.size(); }
  // Sends as much as fits; how much it was.
  std::size_t send_some(std::string_view bytes);
  void read_all();
  void leave();

  bool at_end() {
    read_all();
    return ended;
  }
  bool has(std::string_view text) {
    read_all();
    return received == text;
  }

  bool ended = false;
  std::string received;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reporterd
