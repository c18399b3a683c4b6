#pragma once

// How calls and answers are written between the daemon and its host helpers. Both ends are always the same
// program file (/proc/self/exe), so there is no version, and numbers stand in the machine's own order.
//
// A value is a number, a bool, a string, a Deadline, or a vector, optional or struct of such; a struct takes
// part by a function `auto Fields(S&)` beside this page's others that ties its members. A message is
// trusted as far as its sender, but never read beyond its end: what is cut off reads as empty and makes ok()
// false.

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "base/deadline.h"

namespace rexray::host {

class Packer {
 public:
  template <typename T>
  void Put(const T& value) {
    if constexpr (std::is_enum_v<T> || std::is_arithmetic_v<T>) {
      text_.append(reinterpret_cast<const char*>(&value), sizeof value);
    } else if constexpr (std::is_same_v<T, std::string>) {
      Put(static_cast<uint64_t>(value.size()));
      text_ += value;
    } else if constexpr (std::is_same_v<T, Deadline>) {
      Put(value.at().time_since_epoch().count());  // CLOCK_MONOTONIC, which all processes share
    } else {
      PutCompound(value);
    }
  }
  std::string Take() { return std::move(text_); }

 private:
  template <typename T>
  void PutCompound(const std::vector<T>& values) {
    Put(static_cast<uint64_t>(values.size()));
    for (const T& value : values) Put(value);
  }
  template <typename T>
  void PutCompound(const std::optional<T>& value) {
    Put(value.has_value());
    if (value) Put(*value);
  }
  template <typename T>
  void PutCompound(const T& value) {
    std::apply([this](auto&... member) { (this->Put(member), ...); }, Fields(const_cast<T&>(value)));
  }

  std::string text_;
};

class Unpacker {
 public:
  explicit Unpacker(std::string_view text) : text_(text) {}

  /// False once anything was missing.
  bool ok() const { return ok_; }
  /// Nothing missing and nothing left over.
  bool Complete() const { return ok_ && text_.empty(); }

  template <typename T>
  T Take() {
    if constexpr (std::is_same_v<T, Deadline>) {
      return Deadline::At(TimePoint(Duration(Take<Duration::rep>())));
    } else {
      T value{};
      Into(value);
      return value;
    }
  }

 private:
  std::string_view Bytes(uint64_t size) {
    if (size > text_.size()) {
      ok_ = false;
      text_ = {};
      return {};
    }
    const std::string_view bytes = text_.substr(0, size);
    text_.remove_prefix(size);
    return bytes;
  }

  template <typename T>
  void Into(T& value) {
    if constexpr (std::is_enum_v<T> || std::is_arithmetic_v<T>) {
      const std::string_view bytes = Bytes(sizeof value);
      if (bytes.size() == sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
    } else if constexpr (std::is_same_v<T, std::string>) {
      value = Bytes(Take<uint64_t>());
    } else if constexpr (std::is_same_v<T, Deadline>) {
      value = Take<Deadline>();
    } else {
      IntoCompound(value);
    }
  }
  template <typename T>
  void IntoCompound(std::vector<T>& values) {
    const auto size = Take<uint64_t>();
    for (uint64_t i = 0; i < size && ok_; ++i) values.push_back(Take<T>());
  }
  template <typename T>
  void IntoCompound(std::optional<T>& value) {
    if (Take<bool>()) value = Take<T>();
  }
  template <typename T>
  void IntoCompound(T& value) {
    std::apply([this](auto&... member) { (this->Into(member), ...); }, Fields(value));
  }

  std::string_view text_;
  bool ok_ = true;
};

}  // namespace rexray::host
