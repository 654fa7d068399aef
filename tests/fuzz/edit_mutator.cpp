// How libFuzzer changes a list of edits: by whole edits, so that most inputs are damage somewhere.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "tests/fuzz/edits.h"
#include "tests/sim/sim_random.h"

namespace reporterd::fuzz {
namespace {

constexpr std::size_t usual_pages = 64;
constexpr std::size_t usual_wal_bytes = 200'000;

// Headers and the numbers of cells and pages matter most.
std::size_t place_in_page(sim::Random& chance) {
  switch (chance.below(4)) {
    case 0:
      return chance.below(16);
    case 1:
      return chance.below(200);
    default:
      return chance.below(page_bytes);
  }
}

std::string some_bytes(sim::Random& chance) {
  constexpr unsigned char telling[] = {0x00, 0x01, 0x02, 0x05, 0x0a, 0x0d, 0x7f, 0x80, 0x81, 0xff};
  std::string bytes(1 + chance.below(chance.percent(10) ? 64 : 4), '\0');
  for (char& byte : bytes) {
    byte = static_cast<char>(chance.percent(60) ? chance.one_of(telling) : chance.below(256));
  }
  return bytes;
}

Edit some_edit(sim::Random& chance) {
  Edit edit;
  const std::size_t kind = chance.below(100);
  if (kind < 70) {
    edit.page = chance.below(usual_pages);
    edit.at = place_in_page(chance);
    edit.bytes = some_bytes(chance);
  } else if (kind < 80) {
    edit.kind = Edit::Kind::copy;
    edit.page = chance.below(usual_pages);
    edit.at = chance.below(usual_pages);
  } else if (kind < 90) {
    edit.kind = Edit::Kind::wal;
    edit.at = chance.below(chance.percent(50) ? 64 : usual_wal_bytes);
    edit.bytes = some_bytes(chance);
  } else {
    edit.kind = chance.one_of({Edit::Kind::cut, Edit::Kind::cut_wal, Edit::Kind::suspect});
    edit.at = chance.below(usual_wal_bytes);
    edit.at -= chance.percent(50) ? edit.at % 512 : 0;
  }
  return edit;
}

void change(std::vector<Edit>& edits, sim::Random& chance) {
  if (edits.empty() || chance.percent(40)) {
    const std::size_t at = chance.below(edits.size() + 1);
    edits.insert(edits.begin() + static_cast<std::ptrdiff_t>(at), some_edit(chance));
    return;
  }
  const std::size_t at = chance.below(edits.size());
  Edit& edit = edits[at];
  switch (chance.below(4)) {
    case 0:
      edits.erase(edits.begin() + static_cast<std::ptrdiff_t>(at));
      return;
    case 1:
      edit.page = chance.below(usual_pages);
      return;
    case 2:
      edit.at += chance.below(17) - 8;
      return;
    default:
      if (!edit.bytes.empty()) {
        edit.bytes = some_bytes(chance);
      }
  }
}

}  // namespace
}  // namespace reporterd::fuzz

// NOLINTNEXTLINE(readability-identifier-naming): the name is given by the library
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
  using namespace reporterd::fuzz;
  reporterd::sim::Random chance(seed);
  std::vector<Edit> edits = read_edits({reinterpret_cast<const char*>(data), size});
  for (std::size_t changes = 1 + chance.below(3); changes > 0; --changes) {
    change(edits, chance);
  }
  const std::string text = write_edits(edits);
  const std::size_t length = std::min(text.size(), most);
  std::memcpy(data, text.data(), length);
  return length;
}
