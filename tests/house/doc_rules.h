#pragma once
// What the documents say must be there.

#include <vector>

#include "tests/house/house_rules.h"

namespace reporterd {

// Links to files of the project.
void check_links(const SourceFile& file, std::vector<Finding>& findings);

// Tests, named as `Suite.Name`.
void check_named_tests(const std::vector<SourceFile>& files, std::vector<Finding>& findings);

}  // namespace reporterd
