#pragma once
// The methods of the protocol: names, who may call them, and how parameters become calls of the
// Service and its answers become JSON.

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "daemon/control/params.h"
#include "daemon/control/service.h"

namespace reporterd {

// Which socket a connection came in by; its file permissions decide who can.
enum class Access {
  submit,   // programs: submit, status
  control,  // administrators: everything
};

// The longest times that a client may ask for.
constexpr Millis longest_flush_wait = std::chrono::hours(24);
constexpr Millis longest_pause = 3650 * longest_flush_wait;

using JsonAnswer = Answer<std::string>;  // the result as JSON text

struct Method {
  std::string_view name;
  Access access;  // the least that is needed
  // A failure means wrong parameters; nothing was done and `reply` is not called.
  Status (*call)(Service& service, Params& params, JsonAnswer reply);
};

std::span<const Method> methods();
const Method* find_method(std::string_view name);  // nullptr: there is none

}  // namespace reporterd
