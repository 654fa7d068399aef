#include "store/reserve.h"

#include <utility>

#include "store/files.h"

namespace reporterd {

Reserve::Reserve(std::string path, std::int64_t bytes) : path_(std::move(path)), bytes_(bytes) {}

bool Reserve::make() {
  if (path_.empty()) {
    return true;
  }
  if (!make_private_file(path_)) {
    return false;
  }
  const bool made = take_room(path_, bytes_);
  if (!made) {
    give_up();
  }
  return made;
}

void Reserve::give_up() {
  if (!path_.empty()) {
    remove_file(path_);
  }
}

}  // namespace reporterd
