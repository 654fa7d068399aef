#pragma once
// `reporter-collector query`: what is in the database, for people or as JSON.

#include <cstdio>

#include "collector/store.h"
#include "daemon/core/result.h"

namespace reporterd {

// Rows, oldest first, then the counts. As JSON: {"version":1,"rows":[...],"counts":{...}}.
Status print_rows(CollectorStore& store, bool as_json, std::FILE* out);

}  // namespace reporterd
