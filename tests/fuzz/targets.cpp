#include "tests/fuzz/targets.h"

#include <simdjson.h>

#include <algorithm>

namespace reporterd::fuzz {

void require_one_line(std::string_view text) {
  require(simdjson::validate_utf8(text.data(), text.size()), "a text is not UTF-8", text);
  require(std::ranges::none_of(
              text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }),
          "a text is not one line", text);
}

}  // namespace reporterd::fuzz
