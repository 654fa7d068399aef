#pragma once
// Which names an object of a message has had so far. Internal to the message check.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace reporterd {

// An object whose names are all documented: finds a name and notices a repeat.
class KnownNames {
 public:
  explicit KnownNames(std::span<const std::string_view> names) : names_(names) {}

  // The name's place in the list; names_.size() when it is not there.
  std::size_t find(std::string_view name) {
    // Writers keep to the documented order, so the search starts after the last hit.
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const std::size_t at = next_ + i < names_.size() ? next_ + i : next_ + i - names_.size();
      if (names_[at] == name) {
        next_ = at + 1;
        return at;
      }
    }
    return names_.size();
  }

  // false when the name was there before.
  bool mark(std::size_t at) {
    const std::uint64_t bit = std::uint64_t{1} << at;
    return (std::exchange(seen_, seen_ | bit) & bit) == 0;
  }
  bool has(std::size_t at) const { return (seen_ >> at & 1) != 0; }

 private:
  std::span<const std::string_view> names_;  // at most 64
  std::size_t next_ = 0;
  std::uint64_t seen_ = 0;
};

// The names of the objects below `api` that are open, innermost last.
class FreeNames {
 public:
  // Where the innermost object's names begin; hand it to add() and close().
  std::size_t open() const { return names_.size(); }
  void close(std::size_t start) {
    names_.erase(names_.begin() + static_cast<std::ptrdiff_t>(start), names_.end());
  }

  std::size_t count(std::size_t start) const { return names_.size() - start; }

  // false when the name was there before.
  bool add(std::size_t start, std::string_view name) {
    const Name added(name);
    for (std::size_t i = start; i < names_.size(); ++i) {
      if (names_[i].mark == added.mark && names_[i].text == name) {
        return false;
      }
    }
    names_.push_back(added);
    return true;
  }

 private:
  // Compared by a word first: a few names are quicker to scan than to hash.
  struct Name {
    explicit Name(std::string_view name) : text(name), mark(name.size()) {
      char head[8] = {};
      std::memcpy(head, name.data(), std::min(name.size(), sizeof head));
      std::uint64_t word = 0;
      std::memcpy(&word, head, sizeof word);
      mark ^= word * 0x9E37'79B9'7F4A'7C15U;
    }
    std::string_view text;
    std::uint64_t mark;
  };
  std::vector<Name> names_;
};

}  // namespace reporterd
