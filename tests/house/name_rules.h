#pragma once
// Names that must be one thing's only.

#include <vector>

#include "tests/house/house_rules.h"

namespace reporterd {

// Types: all rooms share one namespace, and two of one name would be undefined behaviour that no
// tool reports.
void check_types(const std::vector<SourceFile>& files, std::vector<Finding>& findings);

// The functions that only their file knows: some presets compile a room's files as one
// (REPORTERD_UNITY), and a call would take the better of two without a word.
void check_own_functions(const std::vector<SourceFile>& files, std::vector<Finding>& findings);

}  // namespace reporterd
