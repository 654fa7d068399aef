#pragma once
// Reads the parameters of a method, strictly: a wrong type, a value out of range, an unknown or
// repeated name is an error. Getters note the first mistake and give an empty value; the method
// asks done() once, before it acts.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/result.h"

namespace reporterd {

class Params {
 public:
  // `raw`: JSON text of an object, or "" for none. Fails only when it is not JSON.
  static Result<Params> parse(std::string_view raw);

  bool flag(const char* name);  // absent: false
  // nullopt when absent.
  std::optional<std::int64_t> integer(const char* name, std::int64_t least, std::int64_t most);
  std::optional<std::string> text(const char* name);
  std::vector<std::int64_t> positive_integers(const char* name);  // absent: empty

  void mistake(std::string what);
  Status done();  // the first mistake, or a name that no getter asked for

 private:
  const nlohmann::json* take(const char* name);

  nlohmann::json object_;
  std::vector<std::string> taken_;
  std::string mistake_;
};

}  // namespace reporterd
