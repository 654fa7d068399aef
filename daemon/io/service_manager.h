#pragma once
// The service manager that started us, where there is one: it wants to know when we serve, how we
// are, and that we live. Loop thread only.

#include <memory>
#include <optional>
#include <string_view>

#include "daemon/core/time.h"

namespace reporterd {

// systemd's notes (sd_notify(3), the environment's NOTIFY_SOCKET). Without a manager, or one that
// does not listen, all of them do nothing.
class ServiceManager {
 public:
  ServiceManager();  // reads the environment, and takes what is for us alone out of it
  ~ServiceManager();
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  // The start, or the stop, needs as much more time from now on.
  void needs(Millis more) const;
  void ready() const;  // it serves; also after reloading()
  void reloading() const;
  void stopping() const;
  void status(std::string_view line) const;  // for people; one line
  void alive() const;

  // How long it may hear nothing before it ends us; nullopt: for ever.
  std::optional<Millis> patience() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reporterd
