#pragma once
// What this machine can do at this moment when nothing is spent on anything but the bare job.

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace reporterd {

// Inserts the sample messages into SQLite, durably (WAL, synchronous=FULL), 64 in a transaction,
// with their key. Messages per second.
double raw_inserts(const std::filesystem::path& folder, std::size_t messages);

// The bodies of the requests that deliver the sample messages, so many in each.
std::vector<std::string> request_bodies(std::size_t messages, std::size_t batch);

// Posts each body once, `in_flight` at a time, with a bare libcurl multi loop. false: one failed.
bool raw_posts(const std::string& url, const std::vector<std::string>& bodies,
               std::size_t in_flight);

}  // namespace reporterd
