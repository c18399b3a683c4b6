#include "base/bounded_output.h"

#include <algorithm>

#include "fmt/core.h"

namespace rexray {

void BoundedOutput::Append(std::string_view bytes) {
  const size_t to_head = std::min(bytes.size(), head_limit_ - head_.size());
  head_.append(bytes.substr(0, to_head));
  tail_.append(bytes.substr(to_head));
  if (tail_.size() / 2 > tail_limit_) {
    const size_t surplus = tail_.size() - tail_limit_;
    tail_.erase(0, surplus);
    trimmed_ += surplus;
  }
}

std::string BoundedOutput::Text() const {
  const std::string_view tail = std::string_view(tail_).substr(tail_.size() - TailSize());
  const size_t left_out = trimmed_ + tail_.size() - tail.size();
  if (left_out == 0) return head_ + tail_;
  return fmt::format("{}\n[... {} bytes left out ...]\n{}", head_, left_out, tail);
}

}  // namespace rexray
