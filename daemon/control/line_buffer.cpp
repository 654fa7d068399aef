#include "daemon/control/line_buffer.h"

namespace reporterd {

void LineBuffer::append(std::string_view bytes) {
  bytes_.erase(end_);
  bytes_.erase(0, begin_);
  searched_ -= begin_;
  begin_ = 0;
  bytes_.append(bytes);
  end_ = bytes_.size();
  bytes_.append(padding, '\0');
}

LineBuffer::Next LineBuffer::next(std::string_view& line) {
  for (;;) {
    const std::string_view data(bytes_.data(), end_);
    const std::size_t newline = data.find('\n', searched_);
    if (newline == std::string_view::npos) {
      return incomplete();
    }
    line = data.substr(begin_, newline - begin_);
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    begin_ = searched_ = newline + 1;
    if (skipping_) {
      skipping_ = false;
    } else {
      return line.size() > limit_ ? Next::too_long : Next::line;
    }
  }
}

LineBuffer::Next LineBuffer::incomplete() {
  searched_ = end_;
  // One byte more is allowed: it may be the CR of the line end.
  const bool too_long = !skipping_ && end_ - begin_ > limit_ + 1;
  skipping_ = skipping_ || too_long;
  if (skipping_) {
    begin_ = end_;
  }
  if (begin_ == end_) {
    bytes_ = std::string();
    begin_ = end_ = searched_ = 0;
  }
  return too_long ? Next::too_long : Next::none;
}

}  // namespace reporterd
