#include <windows.h>

#include <shlobj.h>

#include <memory>

#include "daemon/path.h"
#include "daemon/places.h"

namespace reporterd {
namespace {

struct Free {
  void operator()(wchar_t* name) const { CoTaskMemFree(name); }
};

// %ProgramData%\reporterd, whatever the environment says: others may have written that.
std::string own_folder() {
  wchar_t* found = nullptr;
  const HRESULT result = SHGetKnownFolderPath(FOLDERID_ProgramData, 0, nullptr, &found);
  const std::unique_ptr<wchar_t, Free> owned(found);
  return (result == S_OK ? name_of(found) : "C:\\ProgramData") + "\\reporterd";
}

}  // namespace

std::string default_config_file() {
  return own_folder() + "\\reporterd.yaml";
}

// Apart from the configuration, which the service need not be able to write.
std::string default_state_dir() {
  return own_folder() + "\\state";
}

std::string default_log_file() {
  return own_folder() + "\\log\\reporterd.log";
}

std::string default_socket_dir() {
  return R"(\\.\pipe\reporterd)";
}

std::string submit_socket(const std::string& socket_dir) {
  return socket_dir + "-submit";
}

std::string control_socket(const std::string& socket_dir) {
  return socket_dir + "-control";
}

}  // namespace reporterd
