#pragma once
// Starts that must not succeed.

#include <gtest/gtest.h>

#include <string>

#include "tests/e2e/site.h"

namespace reporterd {

// It ends with exit code 1 and one line beside those of the log, which names the place and what to
// do or what is wrong.
Ended expect_no_start(const Arguments& command, const std::string& place, const std::string& words);
// Of its outbox, before it logs anything.
void expect_refused(const Site& site, const std::string& why);

}  // namespace reporterd
