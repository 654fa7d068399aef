#pragma once
// What is handed in, stored and delivered: the sample message, 1.5 KB, once for each microsecond.

#include <cstddef>
#include <string>
#include <string_view>

namespace reporterd {

// The digits of the microsecond are a message's number.
constexpr std::size_t most_messages = 1'000'000;

// The envelope as Butler's own message looks on the wire.
std::string sample_message(std::size_t number);

// Calls `found(number)` for each message in a request's body. The ts may stand in its canonical
// form, which leaves out microseconds that are 0.
template <class Found>
void for_each_number(std::string_view body, Found&& found) {
  constexpr std::string_view mark = R"("ts":"2025-01-01T00:00:00.)";
  for (std::size_t at = body.find(mark); at != std::string_view::npos; at = body.find(mark, at)) {
    at += mark.size();
    std::size_t number = 0;
    std::size_t digits = 0;
    while (at < body.size() && body[at] >= '0' && body[at] <= '9') {
      number = number * 10 + static_cast<std::size_t>(body[at++] - '0');
      ++digits;
    }
    found(digits == 3 ? number * 1000 : number);
  }
}

}  // namespace reporterd
