#include "collector/query.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace reporterd {
namespace {

Status print_json(CollectorStore& store, std::FILE* out) {
  fmt::print(out, "{{\"version\":1,\"rows\":[");
  const char* separator = "\n";
  auto printed = store.each_row([&](const StoredRow& row) {
    const nlohmann::ordered_json json = {
        {"received", row.received}, {"instanceId", row.instance_id},         {"ts", row.ts},
        {"service", row.service},   {"serviceVersion", row.service_version}, {"bytes", row.bytes}};
    fmt::print(out, "{}{}", separator, json.dump());
    separator = ",\n";
  });
  const auto counts = store.counts();
  if (!printed || !counts) {
    return printed ? std::unexpected(counts.error()) : printed;
  }
  fmt::print(out, "\n],\"counts\":{{\"messages\":{},\"instances\":{}}}}}\n", counts->messages,
             counts->instances);
  return {};
}

std::string counted(std::int64_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

Status print_table(CollectorStore& store, std::FILE* out) {
  constexpr auto line = "{:<27}  {:<64}  {:<27}  {:<12}  {:<10}  {:>6}\n";
  fmt::print(out, line, "RECEIVED", "INSTANCE ID", "TS", "SERVICE", "VERSION", "BYTES");
  auto printed = store.each_row([&](const StoredRow& row) {
    fmt::print(out, line, row.received, row.instance_id, row.ts, row.service, row.service_version,
               row.bytes);
  });
  const auto counts = store.counts();
  if (!printed || !counts) {
    return printed ? std::unexpected(counts.error()) : printed;
  }
  fmt::print(out, "{} of {}\n", counted(counts->messages, "message"),
             counted(counts->instances, "instance"));
  return {};
}

}  // namespace

Status print_rows(CollectorStore& store, bool as_json, std::FILE* out) {
  return as_json ? print_json(store, out) : print_table(store, out);
}

}  // namespace reporterd
