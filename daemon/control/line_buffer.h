#pragma once
// Cuts a stream of bytes into lines. Memory stays below the limit plus what one append brings;
// when everything is consumed it is given back.

#include <cstddef>
#include <string>
#include <string_view>

namespace reporterd {

class LineBuffer {
 public:
  // Behind every line at least this many more bytes may be read (simdjson reads past the end).
  static constexpr std::size_t padding = 64;

  // A line of more than `limit` bytes, line end not counted, is too long.
  explicit LineBuffer(std::size_t limit) : limit_(limit) {}

  void append(std::string_view bytes);

  enum class Next {
    none,      // no complete line is there
    line,      // `line` is one, without its LF or CRLF; valid until the next append
    too_long,  // said once for such a line; all of it is skipped
  };
  Next next(std::string_view& line);

 private:
  Next incomplete();

  std::size_t limit_;
  std::string bytes_;         // data, then padding
  std::size_t begin_ = 0;     // of the first line not given out
  std::size_t end_ = 0;       // of the data
  std::size_t searched_ = 0;  // no LF between begin_ and here
  bool skipping_ = false;     // inside a line that is too long
};

}  // namespace reporterd
