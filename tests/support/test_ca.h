#pragma once
// A private certificate authority, made anew by each test: real TLS without files that expire.

#include <memory>
#include <string>
#include <vector>

namespace reporterd {

struct Certificate {
  std::string certificate_pem;
  std::string key_pem;
};

class TestCa {
 public:
  explicit TestCa(const std::string& name = "test authority");
  ~TestCa();

  // What a client must trust.
  std::string certificate_pem() const;

  // A certificate for `names`, e.g. "DNS:localhost" or "IP:127.0.0.1", good for servers and
  // clients; valid until `days` from now (negative: it has expired).
  Certificate issue(const std::vector<std::string>& names, int days = 30) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reporterd
