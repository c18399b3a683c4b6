#include "base/secret.h"

#include <cstring>

namespace rexray {
namespace {

/// Wipes the whole buffer, not only size() bytes: a short string that was moved from keeps its bytes in
/// place.
void Wipe(std::string& text) {
  text.resize(text.capacity());
  explicit_bzero(text.data(), text.size());
  text.clear();
}

}  // namespace

Secret::Secret(std::string value) : value_(std::move(value)) {
  Wipe(value);
}

Secret::~Secret() {
  Wipe(value_);
}

Secret::Secret(Secret&& other) noexcept : value_(std::move(other.value_)) {
  Wipe(other.value_);
}

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) {
    Wipe(value_);
    value_ = other.value_;
  }
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    Wipe(value_);
    value_ = std::move(other.value_);
    Wipe(other.value_);
  }
  return *this;
}

}  // namespace rexray
