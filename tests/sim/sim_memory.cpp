// SQLite's memory under AddressSanitizer, for the program that lives thousands of lives: blocks
// that are used again, by each thread for itself. What is free, and what stands behind a block, is
// poisoned, so that a use of it is seen. Not seen are a use of what was taken again since, one that
// falls before a block, and what SQLite leaks; and the stacks of who took and freed it are not
// kept. The test programs leave SQLite on the sanitizer's own malloc.
#include <sanitizer/asan_interface.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <vector>

#include "daemon/core/assert.h"

namespace {

struct Head {
  Head* next;  // of the free ones of its kind
  std::uint32_t kind;
  std::uint32_t size;
};
constexpr std::size_t smallest = 64;  // with its head
constexpr std::size_t kinds = 12;     // each twice as large as the one before
constexpr std::size_t behind = 8;     // that are poisoned, at least
constexpr std::size_t chunk_bytes = std::size_t{1} << 20;

thread_local constinit std::array<Head*, kinds> free_blocks{};

std::size_t bytes_of(std::size_t kind) {
  return smallest << kind;
}

std::size_t kind_for(std::size_t size) {
  return static_cast<std::size_t>(std::bit_width((size + sizeof(Head) + behind - 1) / smallest));
}

void* body_of(Head* head) {
  return head + 1;
}

Head* head_of(void* body) {
  return static_cast<Head*>(body) - 1;
}

// Chunks are never given back: a block may be freed by another thread than took it.
void cut_chunk(std::size_t kind) {
  static std::mutex mutex;
  static auto& chunks = *new std::vector<void*>;
  auto* const chunk = static_cast<std::byte*>(std::malloc(chunk_bytes));
  ASSERT(chunk != nullptr);
  {
    const std::lock_guard lock(mutex);
    chunks.push_back(chunk);
  }
  for (std::size_t at = 0; at < chunk_bytes; at += bytes_of(kind)) {
    auto* const head =
        new (chunk + at) Head{free_blocks[kind], static_cast<std::uint32_t>(kind), 0};
    ASAN_POISON_MEMORY_REGION(body_of(head), bytes_of(kind) - sizeof(Head));
    free_blocks[kind] = head;
  }
}

void* take(int bytes) {
  const auto size = static_cast<std::uint32_t>(bytes);
  const std::size_t kind = kind_for(size);
  if (kind >= kinds) {
    auto* const head = static_cast<Head*>(std::malloc(sizeof(Head) + size));
    if (head == nullptr) {
      return nullptr;
    }
    *head = {nullptr, kinds, size};
    return body_of(head);
  }
  if (free_blocks[kind] == nullptr) {
    cut_chunk(kind);
  }
  Head* const head = free_blocks[kind];
  free_blocks[kind] = head->next;
  head->size = size;
  ASAN_UNPOISON_MEMORY_REGION(body_of(head), size);
  return body_of(head);
}

void give_back(void* body) {
  Head* const head = head_of(body);
  if (head->kind >= kinds) {
    std::free(head);
    return;
  }
  ASAN_POISON_MEMORY_REGION(body, head->size);
  head->next = free_blocks[head->kind];
  free_blocks[head->kind] = head;
}

int size_of(void* body) {
  return static_cast<int>(head_of(body)->size);
}

void* take_more(void* body, int bytes) {
  void* const larger = take(bytes);
  if (larger != nullptr) {
    std::memcpy(larger, body, static_cast<std::size_t>(std::min(bytes, size_of(body))));
    give_back(body);
  }
  return larger;
}

int round_up(int bytes) {
  return (bytes + 7) & ~7;
}

int begin(void* /*data*/) {
  return SQLITE_OK;
}

void end(void* /*data*/) {}

bool use_pools() {
  constexpr sqlite3_mem_methods methods = {take,     give_back, take_more, size_of,
                                           round_up, begin,     end,       nullptr};
  ASSERT(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK);
  return true;
}

[[maybe_unused]] const bool is_used = use_pools();

}  // namespace
