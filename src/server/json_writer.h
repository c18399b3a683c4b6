#pragma once

// Writes JSON straight into a string, without a document in between: Get, Path and List answer in
// microseconds.

#include <cstdint>
#include <string>
#include <string_view>

namespace rexray::server {

/// Commas are its business, balance is the caller's. Not thread-safe.
///
///   JsonWriter json;
///   json.BeginObject().Key("Name").String(name).Key("Size").Integer(size).EndObject();
///   body = json.Take();
class JsonWriter {
 public:
  JsonWriter& BeginObject();
  JsonWriter& EndObject();
  JsonWriter& BeginArray();
  JsonWriter& EndArray();
  JsonWriter& Key(std::string_view key);
  /// Bytes that are not UTF-8 become U+FFFD.
  JsonWriter& String(std::string_view value);
  JsonWriter& Integer(uint64_t value);
  JsonWriter& Integer(int64_t value);
  JsonWriter& Integer(int value) { return Integer(static_cast<int64_t>(value)); }
  JsonWriter& Bool(bool value);
  JsonWriter& Null();

  void Reserve(size_t bytes) { out_.reserve(bytes); }
  std::string Take() { return std::move(out_); }

 private:
  void Separate();
  void Quote(std::string_view text);

  std::string out_;
};

}  // namespace rexray::server
