// The service control manager of Windows, where it started us (ServiceControl). It has no ear for
// a line of status, and watches the process, not its life.
#include "daemon/io/service_control_windows.h"
#include "daemon/io/service_manager.h"

namespace reporterd {

struct ServiceManager::State {
  ServiceControl* control = ServiceControl::current();
};

ServiceManager::ServiceManager() : state_(std::make_unique<State>()) {}

ServiceManager::~ServiceManager() = default;

void ServiceManager::needs(Millis more) const {
  if (state_->control != nullptr) {
    state_->control->needs(more);
  }
}

void ServiceManager::ready() const {
  if (state_->control != nullptr) {
    state_->control->running();
  }
}

void ServiceManager::reloading() const {}

void ServiceManager::stopping() const {
  if (state_->control != nullptr) {
    state_->control->stopping();
  }
}

void ServiceManager::status(std::string_view) const {}

void ServiceManager::alive() const {}

std::optional<Millis> ServiceManager::patience() const {
  return std::nullopt;
}

}  // namespace reporterd
