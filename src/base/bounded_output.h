#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rexray {

/// What a program prints, kept within `limit` bytes: its beginning and its end, where the messages that
/// matter stand. Not thread-safe.
class BoundedOutput {
 public:
  explicit BoundedOutput(size_t limit) : head_limit_(limit - limit / 2), tail_limit_(limit / 2) {}

  void Append(std::string_view bytes);

  /// The whole text when it fits; else head, a line "[... N bytes left out ...]", tail.
  std::string Text() const;

 private:
  size_t TailSize() const { return tail_.size() < tail_limit_ ? tail_.size() : tail_limit_; }

  const size_t head_limit_;
  const size_t tail_limit_;
  std::string head_;
  std::string
      tail_;  ///< its last tail_limit_ bytes count; trimmed now and then, so that appending stays linear
  size_t trimmed_ = 0;
};

}  // namespace rexray
