#include "windows-service/preparation.h"

#include <windows.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "daemon/config.h"
#include "daemon/path.h"
#include "daemon/places.h"
#include "windows-service/event_log.h"
#include "windows-service/local_group.h"
#include "windows-service/protected_folder.h"

namespace reporterd {
namespace {

// As the packages have it.
constexpr const char* sample_file = "reporterd.sample.yaml";

WindowsStatus make_event_source(Undo& undo) {
  const auto added = add_event_source(this_program());
  if (added && *added) {
    undo.add([] { static_cast<void>(remove_event_source()); });
  }
  return added ? WindowsStatus() : std::unexpected(added.error());
}

// Only an empty one goes again.
WindowsStatus note_folder(const std::string& folder, const WindowsResult<bool>& made, Undo& undo) {
  if (made && *made) {
    undo.add([folder] { RemoveDirectoryW(path_of(folder).c_str()); });
  }
  return made ? WindowsStatus() : std::unexpected(made.error());
}

// The configuration is the administrator's: the service reads it, and writes below only.
WindowsStatus make_folders(Undo& undo) {
  const std::string own = folder_of(default_config_file());
  auto status = note_folder(own, protect_folder(own, access_of_configuration), undo);
  for (const std::string& folder : {default_state_dir(), folder_of(default_log_file())}) {
    if (status) {
      status = note_folder(folder, protect_folder(folder, access_of_state), undo);
    }
  }
  return status;
}

WindowsStatus make_reporters(Undo& undo) {
  const auto made = make_group();
  if (made && *made) {
    undo.add(remove_own_group);
  }
  return made ? WindowsStatus() : std::unexpected(made.error());
}

// An owner's configuration is never written over: what is given is for the first time.
WindowsResult<Warnings> take_configuration(const InstallOptions& options, Undo& undo) {
  const std::string config =
      options.config_file.empty() ? default_config_file() : absolute(options.config_file);
  std::error_code ignored;
  if (std::filesystem::exists(path_of(config), ignored)) {
    return options.initial_config.empty()
               ? Warnings()
               : Warnings{config + " is there already and kept as it is"};
  }
  const std::string initial = options.initial_config.empty()
                                  ? folder_of(this_program()) + "\\" + sample_file
                                  : absolute(options.initial_config);
  if (!options.initial_config.empty()) {
    // A wrong one would be kept, and no other one be taken after it.
    if (const auto usable = load_config(initial); !usable) {
      return refused(usable.error().what, ERROR_INVALID_DATA);
    }
  }
  if (CopyFileW(path_of(initial).c_str(), path_of(config).c_str(), TRUE) != 0) {
    undo.add([config] { DeleteFileW(path_of(config).c_str()); });
    return Warnings();
  }
  if (!options.initial_config.empty()) {
    return refused("cannot copy " + initial + " to " + config);
  }
  return Warnings{"there is no configuration yet: write " + config +
                  ", then `reporterd service start`"};
}

WindowsResult<Warnings> make_own_state_folder(const std::string& folder, Undo& undo) {
  const auto made = make_protected_folder(folder, access_of_state);
  if (auto noted = note_folder(folder, made, undo); !noted) {
    return std::unexpected(noted.error());
  }
  return *made ? Warnings()
               : Warnings{"see that NT SERVICE\\reporterd may write in " + folder +
                          ", which was there before"};
}

}  // namespace

Undo::~Undo() {
  while (!steps_.empty()) {
    steps_.back()();
    steps_.pop_back();
  }
}

void Undo::add(std::function<void()> step) {
  steps_.push_back(std::move(step));
}

void Undo::keep() {
  steps_.clear();
}

WindowsResult<Warnings> prepare(const InstallOptions& options, Undo& undo) {
  for (const auto& step : {make_event_source, make_folders, make_reporters}) {
    if (auto done = step(undo); !done) {
      return std::unexpected(done.error());
    }
  }
  auto warnings = take_configuration(options, undo);
  if (!warnings || options.state_dir.empty()) {
    return warnings;
  }
  auto more = make_own_state_folder(absolute(options.state_dir), undo);
  if (more) {
    more->insert(more->begin(), warnings->begin(), warnings->end());
  }
  return more;
}

std::string this_program() {
  constexpr std::size_t longest = 32'768;  // names of files on Windows
  std::wstring name(longest, L'\0');
  name.resize(GetModuleFileNameW(nullptr, name.data(), longest));
  return narrow(name);
}

std::string absolute(const std::string& file) {
  std::error_code failed;
  const auto full = absolute_path_of(file, failed);
  return failed ? file : name_of(full);
}

std::string folder_of(const std::string& file) {
  return name_of(path_of(file).parent_path());
}

}  // namespace reporterd
