#pragma once

#include <string>
#include <utility>

namespace rexray {

/// A password or key: it can be used, and cannot be printed by accident (no operator<<, no formatter, no
/// implicit conversion). The memory is wiped when it goes, is overwritten or is moved from. Not thread-safe.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value);
  ~Secret();
  Secret(const Secret&) = default;
  Secret& operator=(const Secret& other);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;

  bool empty() const { return value_.empty(); }
  /// The value itself: hand it to the call that needs it and nothing else.
  const std::string& Reveal() const { return value_; }
  /// What people see instead: "********", or "" when there is none.
  std::string Masked() const { return value_.empty() ? "" : "********"; }

 private:
  std::string value_;
};

}  // namespace rexray
