#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "store/reserve.h"

namespace reporterd {

Reserve::Reserve(std::string path, std::int64_t bytes) : path_(std::move(path)), bytes_(bytes) {}

bool Reserve::make() {
  if (path_.empty()) {
    return true;
  }
  const int file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) {
    return false;
  }
  // Allocates every block; blocks that are there already cost nothing.
  const bool made = ::posix_fallocate(file, 0, bytes_) == 0;
  ::close(file);
  if (!made) {
    give_up();
  }
  return made;
}

void Reserve::give_up() {
  if (!path_.empty()) {
    ::unlink(path_.c_str());
  }
}

}  // namespace reporterd
