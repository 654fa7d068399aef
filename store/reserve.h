#pragma once
// Disk space kept for bad days: a file that really occupies its bytes. On a full disk SQLite cannot
// even delete; giving the reserve up makes room for settling and deleting.

#include <cstdint>
#include <string>

namespace reporterd {

class Reserve {
 public:
  // `path` "": nothing to keep (a database in memory); make() then always succeeds.
  Reserve(std::string path, std::int64_t bytes);

  // Makes the file unless it is there already with its full size. false: no space for it.
  bool make();
  void give_up();

 private:
  std::string path_;
  std::int64_t bytes_;
};

}  // namespace reporterd
